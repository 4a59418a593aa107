import XCTest

@testable import IdvkitClient

/// The vectors are below `IDVKIT_VECTORS`.
private let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["IDVKIT_VECTORS"] ?? "vectors")

private struct Case: Decodable {
    struct Wire: Decodable {
        let type: String
        let url: String?
        let origin: String?
        let name: String?
        let data: String?
    }

    let id: String
    let seen: Wire
    let hint: String?
}

final class WebViewNavigationTests: XCTestCase {
    private final class Told: @unchecked Sendable {
        var hints: [String] = []
    }

    private func file(_ name: String) throws -> (journey: Journey, cases: [Case]) {
        let data = try Data(contentsOf: folder.appendingPathComponent("read/\(name).json"))
        let whole = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let journey = try JSONSerialization.data(withJSONObject: XCTUnwrap(whole["journey"]))
        let cases = try JSONSerialization.data(withJSONObject: XCTUnwrap(whole["cases"]))
        return (
            try journeyFromJson(text: String(decoding: journey, as: UTF8.self)),
            try JSONDecoder().decode([Case].self, from: cases)
        )
    }

    /// The list that every language runs: an end is what has a hint, everything else goes on.
    func testEveryNavigation() throws {
        let (journey, cases) = try file("navigation")
        XCTAssertGreaterThan(cases.count, 80)
        for one in cases {
            let told = Told()
            let navigation = try WebViewNavigation(journey: journey) { told.hints.append($0) }
            for _ in 0..<3 {
                XCTAssertEqual(navigation.decide(one.seen.url), one.hint == nil ? .allow : .endOfJourney, one.id)
            }
            XCTAssertEqual(told.hints, [one.hint].compactMap { $0 }, one.id)
        }
    }

    func testAClosedViewIsToldUnlessTheEndWas() throws {
        let told = Told()
        let navigation = try WebViewNavigation(journey: file("biometric_kz").journey) { told.hints.append($0) }
        navigation.closed()
        navigation.closed()
        XCTAssertEqual(navigation.decide("https://remote.biometric.kz/finished"), .endOfJourney)
        XCTAssertEqual(told.hints.count, 1)
    }

    func testOnlyTheJourneysOwnOriginIsGrantedTheCamera() throws {
        let navigation = try WebViewNavigation(journey: file("biometric_kz").journey) { _ in }
        XCTAssertTrue(navigation.permissions.contains(.camera))
        XCTAssertTrue(navigation.mayGrant(scheme: "https", host: "Remote.Biometric.KZ", port: 0))
        XCTAssertTrue(navigation.mayGrant(scheme: "https", host: "remote.biometric.kz", port: 443))
        XCTAssertFalse(navigation.mayGrant(scheme: "http", host: "remote.biometric.kz", port: 0))
        XCTAssertFalse(navigation.mayGrant(scheme: "https", host: "remote.biometric.kz", port: 8443))
        XCTAssertFalse(navigation.mayGrant(scheme: "https", host: "evil.example", port: 0))
    }

    func testAProviderThatForbidsWebViewsIsRefused() throws {
        let journey = try file("jumio").journey
        XCTAssertThrowsError(try WebViewNavigation(journey: journey) { _ in }) { error in
            XCTAssertTrue(error is WebViewNavigation.Refused, "\(error)")
        }
    }

    /// What a page or phone may see of every provider. A file that is there is run.
    func testEveryReadVector() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("read").path)
        XCTAssertGreaterThan(names.count, 4)
        for name in names {
            let (journey, cases) = try file(String(name.dropLast(".json".count)))
            for one in cases {
                XCTAssertEqual(read(journey: journey, seen: seen(one.seen)), one.hint, "\(name): \(one.id)")
            }
        }
    }

    private func seen(_ wire: Case.Wire) -> Seen {
        switch wire.type {
        case "navigation": return .navigation(url: wire.url ?? "")
        case "message": return .message(origin: wire.origin ?? "", data: wire.data ?? "")
        case "event": return .event(name: wire.name ?? "", data: wire.data ?? "")
        default: return .closed
        }
    }
}

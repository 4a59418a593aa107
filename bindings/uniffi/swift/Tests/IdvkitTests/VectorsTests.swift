import Foundation
import XCTest

@testable import Idvkit

typealias Runner = (String) throws -> Void

/// Every file of the vectors, through the package's public calls. A file that nobody runs fails.
final class VectorsTests: XCTestCase {
    /// Scripts need the sandbox: Kotlin, Python and Node follow them.
    private let scripts: Set = ["jumio/supersede"]

    /// Its signatures need an HMAC, which Swift's own libraries have on Apple's systems only.
    private let rustOnly: Set = ["signature/ecmascript"]

    func testEveryFile() throws {
        let runners = [attestr, biometricKz, jumio, signicat, values].reduce(common) { all, more in all.merging(more) { $1 } }
        let files = names()
        XCTAssertGreaterThan(files.count, 50)
        var used: Set<String> = []
        for name in files where !scripts.contains(name) && !rustOnly.contains(name) {
            let folder = String(name.prefix { $0 != "/" })
            let group = ["transcripts", "snapshots", "rows", "read", "values"].contains(folder) ? folder : name
            guard let run = runners[group] else {
                XCTFail("\(name) is run by nobody")
                continue
            }
            used.insert(group)
            do {
                try run(name)
            } catch {
                XCTFail("\(name): \(error)")
            }
        }
        XCTAssertEqual(used, Set(runners.keys), "a runner is left over")
        XCTAssertTrue(rustOnly.isSubset(of: files), "a file is gone")
    }

    private func names() -> [String] {
        let all = FileManager.default.enumerator(atPath: vectors.path)?.allObjects as? [String] ?? []
        return all.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }.sorted()
    }
}

/// `description` gives no credential, no link and nothing about a person.
final class SurfaceTests: XCTestCase {
    func testNothingThatIsPrintedHoldsASecret() {
        let secret = "never-to-be-printed"
        let bytes = Data(secret.utf8)
        let header = Header(name: "Authorization", value: secret)
        let values: [Any] = [
            header, Input.hint(text: secret), Input.redirect(url: secret), Image(slot: "front", bytes: bytes),
            Input.httpResponse(id: "1", status: 200, headers: [header], body: bytes), Seen.navigation(url: secret),
        ]
        for value in values {
            XCTAssertFalse("\(value)".contains(secret))
            XCTAssertFalse(String(reflecting: value).contains(secret))
        }
    }

    func testARefusalHasCodeBlameFieldAndExplanation() throws {
        XCTAssertThrowsError(try Account(config: "{}")) { error in
            let reject = error as? Reject
            XCTAssertEqual(reject?.code, .configMalformed)
            XCTAssertEqual(reject?.blame, .caller)
            XCTAssertFalse(reject?.explanation.isEmpty ?? true)
        }
    }
}

import Foundation
import Idvkit
import XCTest

/// A whole flow against the sandbox over URLSession: the quick start, as it stands in the README.
final class FlowsTests: XCTestCase {
    func testTheQuickStartRuns() async throws {
        guard let program = ProcessInfo.processInfo.environment["IDVKIT_PROGRAM"] else {
            throw XCTSkip("IDVKIT_PROGRAM, the program `idvkit`, is not set")
        }
        let sandbox = try await Sandbox(program)
        addTeardownBlock { sandbox.stop() }
        let outcome = try await verify(
            apiBase: "\(sandbox.url)/jumio/us", clock: { sandbox.now }, sleepUntil: sandbox.sleep,
            userTakesASelfie: { journey in try await sandbox.takeASelfie(journey) })
        XCTAssertEqual(outcome, .decided(decision: .approved))
    }
}

/// The program `idvkit sandbox`, and a user at its pages. Its clock stands still until told to advance.
private final class Sandbox: @unchecked Sendable {
    let url: String
    private let process = Process()
    private let send = sender()
    private let lock = NSLock()
    private var moment: Int64 = 0

    init(_ program: String) async throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["sandbox", "--quiet", "--listen", "127.0.0.1:0"]
        process.standardOutput = output
        try process.run()
        var said = ""
        while !said.contains("The sandbox listens on ") || !said.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Unexpected("the sandbox ended") }
            said += String(decoding: more, as: UTF8.self)
        }
        url = said.components(separatedBy: "The sandbox listens on ")[1].prefix { !$0.isWhitespace }.description
        try await readClock()
    }

    /// Not asked to end, as it may have been started with that signal blocked.
    func stop() { kill(process.processIdentifier, SIGKILL) }

    var now: Int64 {
        lock.lock()
        defer { lock.unlock() }
        return moment
    }

    /// Returns when all that fell due has happened.
    func sleep(until: Int64) async throws {
        _ = try await ask(.post, "\(url)/_sandbox/clock", "application/json", #"{"advance_ms": \#(max(1, until - now))}"#)
        try await readClock()
    }

    /// Presses the button of the page, and gives the URL of the shop to which the browser comes back.
    func takeASelfie(_ journey: Journey) async throws -> String {
        for case let .redirect(link, _, _) in journey.ways {
            let parts = link.components(separatedBy: "authorizationToken=")
            let token = parts.last.map { $0.prefix { $0 != "&" } } ?? ""
            let page = String(parts[0].prefix { $0 != "?" })
            let form = "authorizationToken=\(token)&action=acceptable"
            var answer = try await ask(.post, page, "application/x-www-form-urlencoded", form)
            while let place = answer.headers.first(where: { $0.name.lowercased() == "location" })?.value {
                if place.hasPrefix("http://localhost:3000/") { return place }
                answer = try await ask(.get, place.hasPrefix("/") ? url + place : place)
            }
        }
        throw Unexpected("the page does not lead back")
    }

    private func readClock() async throws {
        let answer = try await ask(.get, "\(url)/_sandbox/clock")
        let read = try JSON(String(decoding: answer.body, as: UTF8.self)).int("now") ?? 0
        set(read)
    }

    private func set(_ now: Int64) {
        lock.lock()
        defer { lock.unlock() }
        moment = now
    }

    private func ask(_ method: Method, _ url: String, _ type: String = "text/plain", _ body: String? = nil) async throws -> Answer {
        let request = HttpRequest(
            id: "1", operation: "browser", method: method, url: url, headers: [Header(name: "content-type", value: type)],
            body: body.map { Data($0.utf8) }, timeoutMs: 10_000, idempotent: true, cache: nil)
        guard let answer = await send(request), answer.status < 400 else { throw Unexpected("no answer of \(url)") }
        return answer
    }
}

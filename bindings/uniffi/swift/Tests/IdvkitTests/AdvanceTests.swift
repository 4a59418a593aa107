import Foundation
import XCTest

@testable import Idvkit

/// The driver, as far as it sends nothing: nobody is at the address.
final class AdvanceTests: XCTestCase {
    private struct Losing: Store {
        let inner: MemoryStore

        func load() async throws -> Session { try await inner.load() }

        func swap(expected: Int64, session: Session) async throws -> Bool { false }
    }

    private func fresh() throws -> MemoryStore {
        let account = try newAccount([
            "provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s", "callback": "portal",
            "user_agent": "ExampleShop Demo/1.0", "success_url": "http://localhost:3000/back",
            "options": ["development": true, "api_base": "http://127.0.0.1:1"],
        ])
        let request: JSON = [
            "flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        ]
        let session = try Session.open(account: account, request: request.written, seed: SEED, now: T0)
        return MemoryStore(account: account, session: session)
    }

    func testAClockInSecondsIsRefused() async throws {
        do {
            _ = try await advance(client: Client(), store: fresh(), clock: { T0 / 1000 })
            XCTFail("it was not refused")
        } catch let reject as Reject {
            XCTAssertEqual(reject.code, .nowOutOfRange)
        }
    }

    func testAStoreThatNeverSwapsIsAConflict() async throws {
        do {
            _ = try await advance(client: Client(), store: Losing(inner: fresh()), clock: { T0 })
            XCTFail("it came to an end")
        } catch is Conflict {
            // As documented.
        }
    }

    /// A server that is not there is no answer, and the log hears of it.
    func testNoAnswerIsTold() async throws {
        let heard = Heard()
        let client = Client(log: { operation, status in heard.add("\(operation) \(status.map(String.init) ?? "-")") })
        guard case .wait = try await advance(client: client, store: fresh(), clock: { T0 }) else {
            return XCTFail("it goes on without an answer")
        }
        XCTAssertEqual(heard.lines, ["jumio.initiate -"])
    }

    private final class Heard: @unchecked Sendable {
        private let lock = NSLock()
        private var kept: [String] = []

        var lines: [String] {
            lock.lock()
            defer { lock.unlock() }
            return kept
        }

        func add(_ line: String) {
            lock.lock()
            defer { lock.unlock() }
            kept.append(line)
        }
    }
}

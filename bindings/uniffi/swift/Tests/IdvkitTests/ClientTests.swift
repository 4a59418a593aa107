import Foundation
import Idvkit
import XCTest

/// What a client does when others are at it as well, and when nobody answers.
final class ClientTests: XCTestCase {
    private let store = MemoryStore()

    func testAKeyIsBegunOnce() async throws {
        let provider = Provider()
        let (client, id) = try await begun(provider)
        let again = try await client.begin(plan: jumioRequest, key: "order-7")
        let other = try await client.begin(plan: jumioRequest, key: "order-8")
        let unknown = try await client.verification(id: String(repeating: "0", count: 32))
        XCTAssertEqual(again, id)
        XCTAssertNotEqual(other, id)
        XCTAssertNil(unknown)
        await assertRefused(.verificationUnknown) { _ = try await client.advance(id: String(repeating: "0", count: 32)) }
        await assertRefused(.planMalformed) { _ = try await client.begin(plan: "[]", key: "order-9") }
        XCTAssertEqual(provider.seen, [])
    }

    func testTwoWorkersOnOneRowSendACreationOnce() async throws {
        let provider = Provider { _, _ in
            try? await Task.sleep(nanoseconds: 200_000_000)
            return Answer(status: 200, headers: [], body: Data(made.utf8))
        }
        let (client, id) = try await begun(provider)
        let other = Client(accounts: client.accounts, store: store, exchange: provider.exchange, clock: { T0 })
        async let one = client.advance(id: id)
        async let two = other.advance(id: id)
        let came = try await [one, two]
        XCTAssertEqual(provider.seen, ["jumio.initiate"])
        XCTAssertEqual(came.filter { if case .present = $0 { true } else { false } }.count, 1)
        XCTAssertEqual(came.filter { if case .wait(_, .inFlight) = $0 { true } else { false } }.count, 1)
        guard case .present = try await other.advance(id: id) else { return XCTFail("the other one shows it too") }
        XCTAssertEqual(provider.seen, ["jumio.initiate"])
    }

    func testALostAnswerIsTold() async throws {
        let (client, id) = try await begun(Provider { _, _ in nil })
        try await assertNoAnswer(client.advance(id: id))
    }

    /// A server that is not there is no answer, and the log hears of it.
    func testNobodyIsThere() async throws {
        let heard = Lines()
        let log: Log = { operation, status in heard.add("\(operation) \(status.map(String.init) ?? "-")") }
        let client = Client(accounts: try jumioAccounts(), store: store, exchange: sender(log: log), clock: { T0 })
        let id = try await client.begin(plan: jumioRequest, key: "order-7")
        try await assertNoAnswer(client.advance(id: id))
        XCTAssertEqual(heard.all, ["jumio.initiate -"])
    }

    func testAClockInSecondsIsRefused() async throws {
        let provider = Provider()
        let (client, id) = try await begun(provider)
        let wrong = Client(accounts: client.accounts, store: store, exchange: provider.exchange, clock: { T0 / 1000 })
        await assertRefused(.nowOutOfRange) { _ = try await wrong.advance(id: id) }
        XCTAssertEqual(provider.seen, [])
    }

    func testAStoreThatNeverStoresIsAConflict() async throws {
        struct Losing: Store {
            let inner: MemoryStore

            func load(by: By, blobs: [String]) async throws -> (snapshot: String?, blobs: [Blob]) {
                await inner.load(by: by, blobs: blobs)
            }

            func store(row: Row, expected: Int64?, blobs: [Blob]) async throws -> Bool { false }
        }
        let provider = Provider()
        let (client, id) = try await begun(provider)
        let loser = Client(accounts: client.accounts, store: Losing(inner: store), exchange: provider.exchange, clock: { T0 })
        await assertRefused(.conflict) { _ = try await loser.advance(id: id) }
        XCTAssertEqual(provider.seen, [])
    }

    /// What was sent may have arrived: it is not told that no answer came.
    func testACancelledExchangeCountsAsInFlight() async throws {
        let provider = Provider { _, _ in
            try? await Task.sleep(nanoseconds: 60_000_000_000)
            return nil
        }
        let (client, id) = try await begun(provider)
        let worker = Task { try await client.advance(id: id) }
        while provider.seen.isEmpty { try await Task.sleep(nanoseconds: 10_000_000) }
        worker.cancel()
        do {
            _ = try await worker.value
            XCTFail("it came to rest")
        } catch is CancellationError {
            guard case .wait(_, .inFlight) = try await client.advance(id: id) else { return XCTFail("it is in flight") }
        }
    }

    func testATokenIsFetchedOnceForAllThatWait() async throws {
        let bank = try Bank(revoked: 1)
        try await bank.drive(4)
        XCTAssertEqual(bank.fetched, 2, "the refused one, and one instead of it")
        try await bank.drive(1)
        XCTAssertEqual(bank.fetched, 2, "one that is not refused is kept")
        bank.set(now: T0 + 600_000)
        try await bank.drive(1)
        XCTAssertEqual(bank.fetched, 3, "one that ran out is fetched anew")
    }

    /// Within the same millisecond: what counts is which token was refused, not how old it is.
    func testATokenThatWasRevokedAtOnceIsFetchedAnew() async throws {
        let bank = try Bank(revoked: 1)
        try await bank.drive(1)
        XCTAssertEqual(bank.fetched, 2)
    }

    /// A clock that went back: how old the token is cannot be known.
    func testATokenFromTheFutureIsNotUsed() async throws {
        let bank = try Bank(revoked: 0)
        try await bank.drive(1)
        bank.set(now: T0 - 60_000)
        try await bank.drive(1)
        XCTAssertEqual(bank.fetched, 2)
    }

    /// The first delivery goes wrong, and the outcome comes again until it is acted on.
    func testAnOutcomeComesUntilItIsActedOn() async throws {
        struct Away: Error {}
        let acted = Lines()
        let provider = Provider { _, _ in Answer(status: 302, headers: [], body: Data()) }
        let act: Act = { delivery, outcome, verification in
            guard case .failed = outcome else { return XCTFail("\(outcome)") }
            acted.add("\(verification.key()) \(delivery.id)")
            if acted.all.count == 1 { throw Away() }
        }
        let client = Client(
            accounts: try jumioAccounts(), store: store, exchange: provider.exchange, clock: { T0 }, onOutcome: act)
        let later = Client(
            accounts: client.accounts, store: store, exchange: provider.exchange, clock: { T0 + 600_000 }, onOutcome: act)
        let id = try await client.begin(plan: jumioRequest, key: "order-7")
        _ = try await client.advance(id: id)
        let failed = await store.row(id: id)
        XCTAssertEqual(failed?.delivery?.failures, 1)
        let due = await store.due(now: T0 + 600_000)
        XCTAssertEqual(due, [id])
        for _ in 0..<2 { _ = try await later.advance(id: id) }
        XCTAssertEqual(acted.all, Array(repeating: "order-7 \(failed?.delivery?.id ?? "")", count: 2))
        let settled = await store.row(id: id)
        XCTAssertNil(settled?.due)
    }

    func testRequestsAfterADecision() async throws {
        let jumio = try XCTUnwrap(jumioAccounts().account(name: "jumio"))
        let image = try jumioImageRequest(account: jumio, url: "http://127.0.0.1:1/api/netverify/v2/authentications/1/images/face")
        XCTAssertEqual(image.operation, "jumio.image")
        await assertRefused(.imageUrlForeign) { _ = try jumioImageRequest(account: jumio, url: "https://elsewhere.example/1") }
        await assertRefused(.requestOfOtherProvider) { _ = try signicatTokenRequest(account: jumio) }

        let bank = try Bank(revoked: 0)
        let token = try await bank.exchange(signicatTokenRequest(account: bank.account))
        let again = try await bank.exchange(signicatTokenRequest(account: bank.account))
        XCTAssertEqual(again, token)
        XCTAssertEqual(bank.fetched, 1)
        let download = try signicatDownloadRequest(account: bank.account, dossier: "d-1", process: "p-1", token: XCTUnwrap(token))
        XCTAssertEqual(download.headers.first { $0.name == "Authorization" }?.value, "Bearer t1")
        await assertRefused(.tokenMalformed) {
            let without = Answer(status: 200, headers: [], body: Data("{}".utf8))
            _ = try signicatDownloadRequest(account: bank.account, dossier: "d-1", process: "p-1", token: without)
        }
    }

    private func begun(_ provider: Provider) async throws -> (Client, String) {
        let client = Client(accounts: try jumioAccounts(), store: store, exchange: provider.exchange, clock: { T0 })
        return (client, try await client.begin(plan: jumioRequest, key: "order-7"))
    }

    private func assertNoAnswer(_ step: Next) {
        guard case let .wait(_, .backoff(fault)) = step else { return XCTFail("\(step)") }
        XCTAssertEqual(fault.code, .noAnswer)
    }

    private func assertRefused(_ code: RejectCode, _ call: () async throws -> Void) async {
        do {
            try await call()
            XCTFail("it was not refused")
        } catch {
            XCTAssertEqual((error as? Reject)?.code, code)
        }
    }
}

private let jumioRequest =
    #"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#
private let made = #"""
    {"timestamp": "2026-01-01T00:00:00.000Z", "transactionReference": "11111111-1111-4111-8111-111111111111",
     "redirectUrl": "http://127.0.0.1:1/web/v4/app?authorizationToken=t&locale=en"}
    """#

/// Nobody is at the address.
private func jumioAccounts() throws -> Accounts {
    Accounts.of(account: try newAccount([
        "provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s", "callback": "portal",
        "user_agent": "ExampleShop Demo/1.0", "success_url": "http://localhost:3000/back",
        "options": ["development": true, "api_base": "http://127.0.0.1:1"],
    ]))
}

/// Answers as a test says, and keeps what was asked.
private final class Provider: Sendable {
    typealias Say = @Sendable (HttpRequest, Int) async -> Answer?
    private let lines = Lines()
    private let say: Say

    init(_ say: @escaping Say = { _, _ in nil }) { self.say = say }

    var seen: [String] { lines.all }

    var exchange: Exchange {
        { [lines, say] request in await say(request, lines.add(request.operation)) }
    }
}

/// Signicat with a client: it gives tokens out, each another, and refuses those up to `revoked`.
private final class Bank: @unchecked Sendable {
    private let lock = NSLock()
    private var now = T0
    private var begun = 0
    private let tokens = Lines()
    private var client: Client!
    let account: Account

    init(revoked: Int) throws {
        account = try newAccount(["provider": "signicat", "client_id": "c", "client_secret": "s", "redirect_url": "https://m.example/b"])
        let exchange: Exchange = { [tokens] request in
            guard request.cache == nil else {
                try? await Task.sleep(nanoseconds: 50_000_000)
                let number = tokens.add(request.operation)
                let body = #"{"access_token": "t\#(number)", "expires_in": 600, "token_type": "Bearer"}"#
                return Answer(status: 200, headers: [], body: Data(body.utf8))
            }
            let bearer = request.headers.first { $0.name == "Authorization" }?.value.dropFirst("Bearer t".count)
            let isRefused = bearer.flatMap { Int($0) }.map { $0 <= revoked } ?? false
            return Answer(status: isRefused ? 401 : 500, headers: [], body: Data())
        }
        client = Client(
            accounts: Accounts.of(account: account), store: MemoryStore(), exchange: exchange,
            clock: { [weak self] in self?.moment() ?? T0 })
    }

    var fetched: Int { tokens.all.count }

    func exchange(_ request: HttpRequest) async -> Answer? { await client.exchange(request) }

    func set(now: Int64) { locked { self.now = now } }

    /// As many new verifications at once.
    func drive(_ count: Int) async throws {
        let request = #"{"flow": "signicat_capture_flow", "providers": [{"provider": "signicatpaper"}]}"#
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                let key = locked { () -> String in
                    begun += 1
                    return "order-\(begun)"
                }
                group.addTask { [client] in _ = try await client!.advance(id: client!.begin(plan: request, key: key)) }
            }
            try await group.waitForAll()
        }
    }

    private func moment() -> Int64 { locked { now } }

    private func locked<Value>(_ work: () -> Value) -> Value {
        lock.lock()
        defer { lock.unlock() }
        return work()
    }
}

/// What was heard, in its order.
private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String] = []

    var all: [String] {
        lock.lock()
        defer { lock.unlock() }
        return kept
    }

    /// How many there are now.
    @discardableResult
    func add(_ line: String) -> Int {
        lock.lock()
        defer { lock.unlock() }
        kept.append(line)
        return kept.count
    }
}

// Drives verifications, with any HTTP client and any store: the loop around `Driver`.

import Foundation

/// Sends a request exactly as it stands, once, and follows no redirect; `nil` if no answer came within its time-out.
public typealias Exchange = @Sendable (HttpRequest) async -> Answer?

/// Acts on an outcome: returns when that is done for good, throws if it is to come again later.
public typealias Act = @Sendable (Delivery, Outcome, Verification) async throws -> Void

/// Drives verifications with an HTTP client and a store. All tasks may share it.
///
/// With `onOutcome`, the outcome of whatever is begun here is handed to it, at least once for each `delivery.id`; without,
/// `advance` says it. Every call throws `Reject` for what is refused, and whatever the store throws; `CancellationError` if an
/// exchange was given up because the task was cancelled: it counts as in flight.
public final class Client: Sendable {
    public let accounts: Accounts
    private let store: any Store
    private let send: Exchange
    private let clock: Clock
    private let act: Act?
    private let tokens = Tokens()
    private let turns = Turns()

    public init(
        accounts: Accounts, store: any Store, exchange: @escaping Exchange = sender(), clock: @escaping Clock = systemClock,
        onOutcome: Act? = nil
    ) {
        self.accounts = accounts
        self.store = store
        self.clock = clock
        send = exchange
        act = onOutcome
    }

    /// Begins a verification, unless there is one of this key; gives the id of the one or the other. Nothing is sent yet.
    /// `plan` is JSON: a request, or a list of steps.
    public func begin(plan: String, key: String) async throws -> String {
        var random = SystemRandomNumberGenerator()
        let seed = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
        let deliver = act != nil
        let begun = try Driver.begin(accounts: accounts, plan: plan, seed: seed, key: key, deliver: deliver, now: clock())
        guard let id = try await heard(begun) else { preconditionFailure("what is begun has an id") }
        return id
    }

    /// Does what can be done now, until the user, a wait or the end is reached, and says which.
    public func advance(id: String) async throws -> Next {
        guard case let .rest(next) = try await run(Driver.advance(accounts: accounts, id: id)) else {
            preconditionFailure("an advance comes to rest")
        }
        return next
    }

    /// Tells a verification something. A worker sees to what follows from it.
    public func tell(id: String, input: Input) async throws {
        _ = try await run(Driver.tell(accounts: accounts, id: id, input: input))
    }

    /// Tells a callback or redirect to the verification that it is about, and gives its id; `nil` if it belongs to none.
    /// `account` names the one that it can be from, if the URL at which it came says so.
    public func hear(input: Input, account: String? = nil) async throws -> String? {
        try await heard(Driver.hear(accounts: accounts, account: account, input: input, now: clock()))
    }

    /// A verification as it is stored, with its evidence, to look at it; `nil` if there is none.
    public func verification(id: String) async throws -> Verification? {
        let driver = Driver.inspect(accounts: accounts, id: id)
        _ = try await run(driver)
        return driver.verification()
    }

    /// The loop: does what a driver asks, until it asks for nothing more.
    public func run(_ driver: Driver) async throws -> Ask {
        while true {
            let ask = driver.ask()
            guard let told = try await perform(ask, driver) else { return ask }
            try driver.told(told: told, now: clock())
        }
    }

    /// Performs one request, once, or gives what is kept; `nil` if no answer came. For what no verification asks for, such as
    /// an image after a decision.
    public func exchange(_ request: HttpRequest) async -> Answer? {
        await once(request, request.cache?.key)
    }

    private func once(_ request: HttpRequest, _ exclusive: String?) async -> Answer? {
        guard let exclusive else { return await send(request) }
        return await turns.take(exclusive) { [tokens, send, clock] in
            if let kept = tokens.kept(request: request, now: clock()) { return kept }
            let answer = await send(request)
            if let answer { tokens.keep(request: request, answer: answer, now: clock()) }
            return answer
        }
    }

    private func perform(_ ask: Ask, _ driver: Driver) async throws -> Told? {
        switch ask {
        case let .load(by, blobs):
            let found = try await store.load(by: by, blobs: blobs)
            return .loaded(snapshot: found.snapshot, blobs: found.blobs)
        case let .store(row, expected, blobs):
            return .stored(stored: try await store.store(row: row, expected: expected, blobs: blobs))
        case let .exchange(request, exclusive):
            let answer = await once(request, exclusive)
            if answer == nil { try Task.checkCancellation() }
            return .exchanged(answer: answer)
        case let .deliver(_, _, delivery, outcome):
            return .delivered(delivered: await deliver(delivery, outcome, driver.verification()))
        case .rest, .heard: return nil
        }
    }

    /// What goes wrong is the host's own to log: here it only says that the outcome has to come again.
    private func deliver(_ delivery: Delivery, _ outcome: Outcome, _ verification: Verification?) async -> Bool {
        guard let act, let verification else { return false }
        do {
            try await act(delivery, outcome, verification)
            return true
        } catch {
            return false
        }
    }

    private func heard(_ driver: Driver) async throws -> String? {
        guard case let .heard(id) = try await run(driver) else { preconditionFailure("what is told is heard") }
        return id
    }
}

/// One turn at a time for each key, in the order in which they were asked for.
private actor Turns {
    private var last: [String: Task<Void, Never>] = [:]

    func take<Value: Sendable>(_ key: String, _ work: @escaping @Sendable () async -> Value) async -> Value {
        let before = last[key]
        let turn = Task {
            await before?.value
            return await work()
        }
        last[key] = Task { _ = await turn.value }
        return await turn.value
    }
}

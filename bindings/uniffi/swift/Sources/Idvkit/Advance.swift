// Drives a session over URLSession: I/O, and nothing else.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// One stored session: the row that a worker loads and swaps.
public protocol Store: Sendable {
    /// Loads the session as it is stored now.
    func load() async throws -> Session

    /// Replaces it if its stored revision is still `expected`; `false` if another worker was first.
    func swap(expected: Int64, session: Session) async throws -> Bool
}

/// Other workers kept changing the session; try again.
public struct Conflict: Error {
    public init() {}
}

/// Performs what the session asks until the user, a wait or the end is reached, and says which: `present`, `wait` or `done`.
///
/// It stores every change with compare-and-swap, so that several workers may drive the same session, and claims and stores a
/// request that must not be sent twice before it is sent. It follows no redirects and repeats nothing by itself. Access tokens
/// are kept by the client, and fetched once for all sessions that wait for one.
///
/// - Throws: `Reject` with `now_out_of_range` if the clock is not in milliseconds, `Conflict`, and whatever the store throws.
public func advance(client: Client, store: Store, clock: @escaping Clock = systemClock) async throws -> Next {
    for _ in 0..<maxConflicts {
        let session = try await store.load()
        let next = session.next(now: clock())
        guard case let .send(request) = next else { return next }
        if !request.idempotent {
            guard try await claimed(session, request, store, clock) else { continue }
        }
        let answer = await client.send(request, clock: clock)
        do {
            try await tell(store: store, input: answer, clock: clock)
        } catch let reject as Reject where reject.code == .stale {
            // Another worker's answer came first: ours is not needed.
        }
    }
    throw Conflict()
}

/// Tells the stored session something: loads, handles, swaps, and does it again if another worker was first.
///
/// - Throws: `Reject` if the session refuses it, `Conflict`, and whatever the store throws.
public func tell(store: Store, input: Input, clock: @escaping Clock = systemClock) async throws {
    for _ in 0..<maxConflicts {
        let session = try await store.load()
        let before = session.revision()
        try session.handle(input: input, now: clock())
        if session.revision() == before {
            return
        }
        if try await store.swap(expected: before, session: session) {
            return
        }
    }
    throw Conflict()
}

/// A store in memory, for tests and programs that live as long as their session. It keeps the snapshot's text, as a database
/// would.
public actor MemoryStore: Store {
    private let account: Account
    private var revision: Int64
    private var snapshot: String

    public init(account: Account, session: Session) {
        self.account = account
        revision = session.revision()
        snapshot = session.snapshot()
    }

    public func load() throws -> Session {
        try Session.restore(account: account, snapshot: snapshot)
    }

    public func swap(expected: Int64, session: Session) -> Bool {
        guard revision == expected else { return false }
        revision = session.revision()
        snapshot = session.snapshot()
        return true
    }
}

// Each lost swap means that another worker got on.
private let maxConflicts = 100

/// Whether this worker may send it: whoever stores the claim first.
private func claimed(_ session: Session, _ request: HttpRequest, _ store: Store, _ clock: Clock) async throws -> Bool {
    let before = session.revision()
    do {
        try session.handle(input: .sending(id: request.id), now: clock())
    } catch let reject as Reject where [.stale, .claimed].contains(reject.code) {
        return false
    }
    return try await store.swap(expected: before, session: session)
}

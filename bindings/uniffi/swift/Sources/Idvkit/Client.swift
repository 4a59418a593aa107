// One request and its answer, and the answers that are kept.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends requests exactly as they stand: no redirects, no cookies, no stored credentials and no cache of its own. It keeps access
/// tokens as long as the session allows, and fetches one once for all sessions that wait for it.
public actor Client {
    /// The largest answer that is read, in bytes. Beyond it, the request counts as failed.
    public static let maxAnswerBytes = 32 * 1024 * 1024

    /// Hears of every exchange: the operation, and the status or `nil` if there was no answer. Never a URL.
    public typealias Log = @Sendable (_ operation: String, _ status: UInt16?) -> Void

    private let session: URLSession
    private let exchanges: Exchanges
    private let log: Log
    // What is kept, or is being fetched, by the key that the session names.
    private var slots: [String: Task<Kept?, Never>] = [:]

    public init(log: @escaping Log = { _, _ in }) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpShouldSetCookies = false
        configuration.httpCookieStorage = nil
        configuration.urlCredentialStorage = nil
        configuration.urlCache = nil
        let exchanges = Exchanges(maxBytes: Client.maxAnswerBytes)
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
        self.exchanges = exchanges
        self.log = log
    }

    deinit {
        // Until then a session holds on to its delegate.
        session.finishTasksAndInvalidate()
    }

    /// Sends it, or answers from what is kept; says what to tell the session.
    func send(_ request: HttpRequest, clock: @escaping Clock) async -> Input {
        let answer: Answer?
        if let cache = request.cache {
            answer = await recall(cache, clock) { await self.fetch(request) }
        } else {
            answer = await fetch(request)
        }
        guard let answer else { return .httpFailed(id: request.id) }
        return .httpResponse(id: request.id, status: answer.status, headers: answer.headers, body: answer.body)
    }

    /// The kept answer, or the one that `fetch` brings, which is kept if it is a success. While it comes, others wait for it.
    private func recall(
        _ cache: Cache, _ clock: @escaping Clock, fetch: @escaping @Sendable () async -> Answer?
    ) async -> Answer? {
        let now = clock()
        while let slot = slots[cache.key] {
            if let kept = await slot.value, kept.serves(cache, now) {
                return kept.answer
            }
            // The first of those that waited in vain fetches anew.
            if slots[cache.key] == slot {
                slots[cache.key] = nil
            }
        }
        let coming = Task { await fetch() }
        slots[cache.key] = Task { await coming.value.flatMap { Kept($0, cache, now: clock()) } }
        return await coming.value
    }

    private func fetch(_ request: HttpRequest) async -> Answer? {
        let answer = await exchanges.perform(request, in: session)
        log(request.operation, answer?.status)
        return answer
    }
}

/// A kept answer: an access token.
private struct Kept: Sendable {
    /// A refused token makes every waiting session ask for a new one: the first of them fetches it for all, as a refresh is
    /// answered with a token that was fetched less than so many milliseconds ago.
    private static let refreshOnceMs: Int64 = 5_000

    let answer: Answer
    private let since: UnixMillis
    private let until: UnixMillis

    /// Only a success is kept.
    init?(_ answer: Answer, _ cache: Cache, now: UnixMillis) {
        guard (200...299).contains(answer.status) else { return nil }
        self.answer = answer
        since = now
        until = now + Self.life(cache, answer.body)
    }

    func serves(_ cache: Cache, _ now: UnixMillis) -> Bool {
        now < until && (cache.refused == nil || now - since < Self.refreshOnceMs)
    }

    /// `expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter.
    private static func life(_ cache: Cache, _ body: Data) -> Int64 {
        guard let token = try? JSONDecoder().decode(Token.self, from: body) else { return cache.maxAgeMs }
        let (millis, isTooLarge) = token.expiresIn.multipliedReportingOverflow(by: 1000)
        return isTooLarge ? cache.maxAgeMs : min(millis, cache.maxAgeMs)
    }

    private struct Token: Decodable {
        let expiresIn: Int64

        enum CodingKeys: String, CodingKey {
            case expiresIn = "expires_in"
        }
    }
}

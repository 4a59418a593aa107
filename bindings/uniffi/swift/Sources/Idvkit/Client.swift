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
    private let tokens = Tokens()
    // What is being fetched, by the key that the session names.
    private var turns: [String: Task<Void, Never>] = [:]

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
            answer = await recall(request, cache.key, clock)
        } else {
            answer = await fetch(request)
        }
        guard let answer else { return .httpFailed(id: request.id) }
        return .httpResponse(id: request.id, status: answer.status, headers: answer.headers, body: answer.body)
    }

    /// The kept answer, or the one that comes. While it comes, others wait for it: the first of those that it does not serve
    /// fetches anew.
    private func recall(_ request: HttpRequest, _ key: String, _ clock: @escaping Clock) async -> Answer? {
        while true {
            if let kept = tokens.kept(request: request, now: clock()) {
                return kept
            }
            guard let coming = turns[key] else { break }
            await coming.value
        }
        let coming = Task { await self.fetch(request) }
        turns[key] = Task {
            let answer = await coming.value
            if let answer {
                self.tokens.keep(request: request, answer: answer, now: clock())
            }
            self.turns[key] = nil
        }
        return await coming.value
    }

    private func fetch(_ request: HttpRequest) async -> Answer? {
        let answer = await exchanges.perform(request, in: session)
        log(request.operation, answer?.status)
        return answer
    }
}

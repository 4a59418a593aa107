// One request and its answer over URLSession.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sends requests exactly as they stand: no redirects, no cookies, no credentials and no cache of its own. It keeps access tokens
/// as long as the session allows.
public actor Client {
    /// The largest answer that is read, in bytes. Beyond it, the request counts as failed.
    public static let maxAnswerBytes = 32 * 1024 * 1024

    private struct Answer {
        let status: UInt16
        let headers: [Header]
        let body: Data
    }

    private let session: URLSession
    private var kept: [String: (until: UnixMillis, answer: Answer)] = [:]

    public init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpShouldSetCookies = false
        configuration.httpCookieStorage = nil
        configuration.urlCredentialStorage = nil
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: Straight(), delegateQueue: nil)
    }

    /// Sends it, or answers from what is kept; says what to tell the session.
    func send(_ request: HttpRequest, clock: Clock) async -> Input {
        if let cache = request.cache, !cache.refresh, let known = kept[cache.key], clock() < known.until {
            return input(request, known.answer)
        }
        guard let answer = await exchange(request) else { return .httpFailed(id: request.id) }
        if let cache = request.cache, (200...299).contains(answer.status) {
            kept[cache.key] = (until: clock() + life(cache, answer.body), answer: answer)
        }
        return input(request, answer)
    }

    private func input(_ request: HttpRequest, _ answer: Answer) -> Input {
        .httpResponse(id: request.id, status: answer.status, headers: answer.headers, body: answer.body)
    }

    /// Nothing of an error: its text may hold the URL.
    private func exchange(_ request: HttpRequest) async -> Answer? {
        guard let url = URL(string: request.url) else { return nil }
        var built = URLRequest(url: url, timeoutInterval: Double(request.timeoutMs) / 1000)
        built.httpMethod = String(describing: request.method).uppercased()
        built.httpBody = request.body
        for header in request.headers {
            built.addValue(header.value, forHTTPHeaderField: header.name)
        }
        guard let (body, response) = await perform(built, seconds: Double(request.timeoutMs) / 1000),
            let http = response as? HTTPURLResponse, body.count <= Self.maxAnswerBytes
        else { return nil }
        let headers = http.allHeaderFields.map { Header(name: "\($0.key)", value: "\($0.value)") }
        return Answer(status: UInt16(clamping: http.statusCode), headers: headers, body: body)
    }

    /// The time-out covers the whole answer: URLSession's own begins anew with each part of it.
    private func perform(_ request: URLRequest, seconds: Double) async -> (Data, URLResponse)? {
        let session = self.session
        return await withTaskGroup(of: (Data, URLResponse)?.self) { group in
            group.addTask { try? await session.data(for: request) }
            group.addTask {
                try? await Task.sleep(nanoseconds: UInt64(seconds * 1_000_000_000))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// `expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter.
    private func life(_ cache: Cache, _ body: Data) -> Int64 {
        let answer = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        guard let seconds = answer?["expires_in"] as? Int64 else { return cache.maxAgeMs }
        return min(seconds.multipliedReportingOverflow(by: 1000).partialValue, cache.maxAgeMs)
    }
}

/// Follows no redirect and answers no challenge with credentials of the device.
private final class Straight: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

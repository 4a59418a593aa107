// One request and its answer, over URLSession.

import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Hears of every exchange: the operation, and the status or `nil` if there was no answer. Never a URL.
public typealias Log = @Sendable (_ operation: String, _ status: UInt16?) -> Void

/// The largest answer that is read, in bytes. Beyond it, the request counts as failed.
public let maxAnswerBytes = 32 * 1024 * 1024

/// Sends over URLSession: no redirects, no cookies, no stored credentials and no cache of its own.
public func sender(log: @escaping Log = { _, _ in }) -> Exchange {
    let sender = Sender(log)
    return { await sender.send($0) }
}

private final class Sender: Sendable {
    private let session: URLSession
    private let exchanges = Exchanges(maxBytes: maxAnswerBytes)
    private let log: Log

    init(_ log: @escaping Log) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpShouldSetCookies = false
        configuration.httpCookieStorage = nil
        configuration.urlCredentialStorage = nil
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
        self.log = log
    }

    deinit {
        // Until then a session holds on to its delegate.
        session.finishTasksAndInvalidate()
    }

    func send(_ request: HttpRequest) async -> Answer? {
        let answer = await exchanges.perform(request, in: session)
        log(request.operation, answer?.status)
        return answer
    }
}

/// The delegate of a session: it follows no redirect, and gives up an answer that grows too large while it comes. Only a delegate
/// can do both, on Linux too, where tasks without one follow redirects.
private final class Exchanges: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private struct Running {
        let answers: AsyncStream<Answer>.Continuation
        var body = Data()
    }

    private let maxBytes: Int
    private let lock = NSLock()
    private var running: [Int: Running] = [:]

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Nothing of an error is told: its text may hold the URL.
    func perform(_ request: HttpRequest, in session: URLSession) async -> Answer? {
        guard let built = built(request) else { return nil }
        let task = session.dataTask(with: built)
        let (answers, continuation) = AsyncStream.makeStream(of: Answer.self)
        // At the answer, at the time-out, or when the caller is cancelled: to cancel a task that has ended does nothing.
        continuation.onTermination = { _ in task.cancel() }
        locked { running[task.taskIdentifier] = Running(answers: continuation) }
        task.resume()
        // It covers the whole answer: URLSession's own begins anew with each part of it.
        let timeout = Task {
            try await Task.sleep(nanoseconds: UInt64(request.timeoutMs) * 1_000_000)
            continuation.finish()
        }
        defer { timeout.cancel() }
        return await answers.first { _ in true }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let size = locked { () -> Int in
            running[dataTask.taskIdentifier]?.body.append(data)
            return running[dataTask.taskIdentifier]?.body.count ?? 0
        }
        if size > maxBytes {
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: Error?) {
        guard let ended = locked({ running.removeValue(forKey: task.taskIdentifier) }) else { return }
        if error == nil, ended.body.count <= maxBytes, let response = task.response as? HTTPURLResponse {
            let headers = response.allHeaderFields.map { Header(name: "\($0.key)", value: "\($0.value)") }
            let status = UInt16(clamping: response.statusCode)
            ended.answers.yield(Answer(status: status, headers: headers, body: ended.body))
        }
        ended.answers.finish()
    }

    private func built(_ request: HttpRequest) -> URLRequest? {
        guard let url = URL(string: request.url) else { return nil }
        var built = URLRequest(url: url, timeoutInterval: Double(request.timeoutMs) / 1000)
        built.httpMethod = String(describing: request.method).uppercased()
        built.httpBody = request.body
        for header in request.headers {
            built.addValue(header.value, forHTTPHeaderField: header.name)
        }
        return built
    }

    private func locked<Value>(_ work: () -> Value) -> Value {
        lock.lock()
        defer { lock.unlock() }
        return work()
    }
}

// What several tests need: the vectors, and sessions that are restored before each step.

import Foundation
import Idvkit
import XCTest

/// The vectors are below `IDVKIT_VECTORS`.
let vectors = URL(fileURLWithPath: ProcessInfo.processInfo.environment["IDVKIT_VECTORS"] ?? "vectors")
let T0: Int64 = 1_767_225_600_000
let SEED = Data((0..<32).map { UInt8($0) })

func vector(_ name: String) throws -> JSON {
    try JSON(String(contentsOf: vectors.appendingPathComponent("\(name).json"), encoding: .utf8))
}

/// The cases of a file of vectors.
func rows(_ name: String) throws -> [JSON] {
    let file = try vector(name)
    return file.list.isEmpty ? try file.some("cases") : file.list
}

func newAccount(_ config: JSON) throws -> Account { try Account(config: config.written) }

/// The code with which a call is refused, if it is.
func codeOf(_ call: () throws -> Void) rethrows -> String? {
    do {
        try call()
        return nil
    } catch let reject as Reject {
        return "\(reject.code)"
    }
}

/// Bytes as transcripts write them.
func bytesOf(_ wire: JSON?) -> Data {
    if let text = wire?.text("text") { return Data(text.utf8) }
    return Data(base64Encoded: wire?.text("base64") ?? "") ?? Data()
}

func hex(_ text: String) -> Data {
    let digits = Array(text)
    return Data(stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) })
}

/// Text as it is, anything else as JSON.
func wire(_ body: JSON?) -> Data {
    if case let .string(text)? = body { return Data(text.utf8) }
    return Data((body ?? .null).written.utf8)
}

func checkReference(_ account: Account, _ input: Input, _ reference: String?, _ code: String?, _ place: String?) throws {
    do {
        let found = try account.referenceOf(input: input, now: T0)
        XCTAssertEqual(found, reference, place ?? "")
        XCTAssertNil(code, place ?? "")
    } catch let reject as Reject {
        XCTAssertEqual("\(reject.code)", code, place ?? "")
    }
}

/// Each expected member is there with its value; one that is not there counts as null.
func checkMembers(_ expected: JSON?, _ actual: JSON?, _ place: String?) {
    for (name, value) in expected?.members ?? [:] {
        XCTAssertEqual(actual?.members[name] ?? .null, value, "\(place ?? ""): \(name)")
    }
}

/// Opens it, and compares the refusal or gives the body of what is sent first.
func opened(_ account: Account, _ request: JSON, _ now: Int64, _ row: JSON) throws -> JSON? {
    let place = row.text("id") ?? ""
    do {
        let session = try Session.open(account: account, request: request.written, seed: SEED, now: now)
        XCTAssertNil(row.text("code"), place)
        guard case let .send(sent) = session.next(now: now) else { throw Unexpected(place) }
        return try JSON(String(decoding: sent.body ?? Data(), as: UTF8.self))
    } catch let reject as Reject {
        XCTAssertEqual(["\(reject.code)", reject.field], [row.text("code"), row.text("field")], place)
        return nil
    }
}

struct Unexpected: Error {
    let what: String

    init(_ what: String?) { self.what = what ?? "" }
}

/// A stored session, with the images that a store has beside it.
func restored(_ account: Account, _ snapshot: String, _ images: [Data]) throws -> Session {
    let session = try Session.restore(account: account, snapshot: snapshot)
    for image in images {
        _ = session.supply(bytes: image)
    }
    return session
}

/// A session fed with a vector's bytes, and its clock.
final class Run {
    private let account: Account
    private(set) var session: Session
    var now: Int64

    init(_ account: Account, _ request: JSON, now: Int64 = T0) throws {
        self.account = account
        self.now = now
        session = try Session.open(account: account, request: request.written, seed: SEED, now: now)
    }

    func next() throws -> Next {
        session = try restored(account, session.snapshot(), session.blobs().map { $0.bytes })
        return session.next(now: now)
    }

    func tell(_ input: Input) throws { try session.handle(input: input, now: now) }

    /// Time passes until something is due.
    func untilDue() throws {
        switch try next() {
        case let .wait(until, _), let .present(_, until):
            XCTAssertGreaterThanOrEqual(until, now)
            now = until
        default: throw Unexpected("nothing to wait for")
        }
    }

    /// The request that is due now, or next.
    func due() throws -> HttpRequest {
        while true {
            if case let .send(request) = try next() { return request }
            try untilDue()
        }
    }

    func answer(_ operation: String, _ status: UInt16, _ body: JSON?, _ headers: [Header] = []) throws {
        let request = try due()
        XCTAssertEqual(request.operation, operation)
        if !request.idempotent { try tell(.sending(id: request.id)) }
        try tell(.httpResponse(id: request.id, status: status, headers: headers, body: wire(body)))
    }

    func see(_ seen: Seen) throws {
        guard case let .present(journey, _) = try next(), let hint = read(journey: journey, seen: seen) else {
            throw Unexpected("nothing to see")
        }
        try tell(.hint(text: hint))
    }

    func outcome() throws -> Outcome {
        guard case let .done(outcome, _) = try next() else { throw Unexpected("no end") }
        return outcome
    }

    /// What the last answer counted as. A short back-off may hide behind the plan's gap, so `next` does not always say.
    func fault() throws -> JSON? { try JSON(session.snapshot())["session"]?["call"]?["fault"] }
}

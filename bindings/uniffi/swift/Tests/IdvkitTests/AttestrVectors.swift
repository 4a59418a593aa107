// Attestr: handshakes, results, what the page's handlers say, webhooks.

import Foundation
import Idvkit
import XCTest

let attestr: [String: Runner] = [
    "attestr/handshake": handshake,
    "attestr/webhook": webhook,
    "attestr/result": result,
    "attestr/launch": launch,
]

private func configured(_ file: JSON) throws -> Account {
    try newAccount((file["config"] ?? .null).with(["provider": "attestr"]))
}

/// A session whose handshake exists.
private func live(_ file: JSON) throws -> Run {
    let request: JSON = [
        "flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "TAG567822", "variables": ["pan": "ABCPE1234F"],
    ]
    let run = try Run(configured(file), request, now: 1_750_000_000_000)
    let made: JSON = ["_id": "DS02zfeuv6n4gkq51hvw6", "number": "3804-324489-8469", "digest": "x"]
    try run.answer("attestr.create_handshake", 200, made)
    return run
}

private func handshake(_ name: String) throws {
    let file = try vector(name)
    for row in try file.some("cases") {
        let request = (row["request"] ?? [:]).with(["flow": "attestr_flowx"])
        guard let sent = try opened(configured(file), request, file.int("now") ?? T0, row) else { continue }
        XCTAssertEqual(sent, row["body"], row.text("id") ?? "")
    }
}

private func webhook(_ name: String) throws {
    let account = try configured(vector(name))
    for row in try rows(name) {
        let headers = row.text("authorization").map { [Header(name: "Authorization", value: $0)] } ?? []
        let input = Input.callback(url: "/", headers: headers, body: wire(row["body"]))
        try checkReference(account, input, row.text("reference"), row.text("code"), row.text("id"))
    }
}

private func result(_ name: String) throws {
    let file = try vector(name)
    for row in try file.some("cases") {
        let place = row.text("id") ?? ""
        let run = try live(file)
        let claim: JSON = ["signature": row["claim"] ?? .null]
        try run.see(.event(name: "onFlowxSuccess", data: claim.written))
        try run.answer("attestr.fetch_result", UInt16(row.int("status") ?? 0), row["body"])
        XCTAssertEqual(try cameTo(run), row.text("expect"), place)
        let evidence = run.session.evidence()
        XCTAssertEqual(evidence != nil, row.text("expect") == "completed", place)
        guard let evidence else { continue }
        guard case let .signed(form) = evidence.basis else { throw Unexpected(place) }
        XCTAssertEqual(form == .asSent ? "as_sent" : "ecmascript", row.text("form"), place)
        XCTAssertEqual(String(decoding: evidence.raw, as: UTF8.self), row.text("raw"), place)
        let parts = evidence.parts.map { JSON.array([.string($0.name), JSON.orNull($0.status)]) }
        XCTAssertEqual(parts, row.list("parts"), place)
    }
}

private func cameTo(_ run: Run) throws -> String {
    switch try run.next() {
    case .wait: return try run.fault()?.text("code") ?? "not_yet"
    case let .done(.decided(decision), _) where decision == .completed: return "completed"
    case let .done(.failed(fault), _): return "\(fault.code)"
    default: throw Unexpected("neither a wait nor an end")
    }
}

private func launch(_ name: String) throws {
    let file = try vector(name)
    for row in try file.some("cases") {
        let place = row.text("id") ?? ""
        let expected = row["outcome"] ?? .null
        let run = try live(file)
        try run.see(.event(name: row.text("handler") ?? "", data: row.text("data") ?? ""))
        if expected["claims"] != nil {
            var fetches = false
            if case .send = try run.next() { fetches = true }
            XCTAssertEqual(fetches, expected.flag("claims"), place)
            continue
        }
        switch try settled(run) {
        case let .abandoned(stage):
            XCTAssertTrue(expected.flag("abandoned"), place)
            XCTAssertEqual(stage, expected.text("stage"), place)
        case let .failed(fault):
            checkMembers(expected["fault"], try toWire(fault), place)
            XCTAssertEqual(try leftAt(file, row), expected.text("stage"), place)
        default: throw Unexpected(place)
        }
    }
}

/// Lets the settle time pass; the fetches bring nothing.
private func settled(_ run: Run) throws -> Outcome {
    while true {
        switch try run.next() {
        case let .done(outcome, _): return outcome
        case .send: try run.answer("attestr.fetch_result", 200, ["_id": "DS02zfeuv6n4gkq51hvw6"])
        default: try run.untilDue()
        }
    }
}

/// The stage at which a session is erased after the same words: an error's outcome itself has none.
private func leftAt(_ file: JSON, _ row: JSON) throws -> String? {
    let run = try live(file)
    try run.see(.event(name: row.text("handler") ?? "", data: row.text("data") ?? ""))
    try run.tell(.erase(atProvider: false))
    guard case let .abandoned(stage) = try run.outcome() else { throw Unexpected(row.text("id")) }
    return stage
}

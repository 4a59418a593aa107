// Jumio: orders, answers, returns and callbacks.

import Foundation
import Idvkit
import XCTest

let jumio: [String: Runner] = [
    "jumio/initiate": initiate,
    "jumio/prefix": prefix,
    "jumio/return": returns,
    "jumio/callback": callback,
    "jumio/error": errors,
    "jumio/poll": poll,
    "jumio/delete": delete,
]

private let reference = "11111111-1111-4111-8111-111111111111"
private let enrollmentReference = "22222222-2222-4222-8222-222222222222"

private func configured(_ name: String, _ more: [String: JSON] = [:]) throws -> Account {
    try newAccount((vector(name)["config"] ?? .null).with(["callback": "portal"]).with(more))
}

private func ordinary() throws -> Account { try newAccount(vector("jumio/initiate")["config"] ?? .null) }

private func opened(_ account: Account) throws -> Run {
    let request: JSON = [
        "flow": "jumio_authentication", "enrollment_transaction_reference": .string(enrollmentReference),
    ]
    return try Run(account, request)
}

/// A session with its page shown.
private func live(_ account: Account) throws -> Run {
    let run = try opened(account)
    let answer: JSON = [
        "timestamp": "2024-01-02T03:04:05.678Z", "transactionReference": .string(reference),
        "redirectUrl": "https://netverify.com/web/v4/app?authorizationToken=t&locale=de",
    ]
    try run.answer("jumio.initiate", 200, answer)
    return run
}

private func initiate(_ name: String) throws {
    for row in try rows(name) {
        guard var body = try IdvkitTests.opened(ordinary(), row["request"] ?? .null, T0, row) else { continue }
        if let url = body.text("callbackUrl") {
            XCTAssertLessThanOrEqual(url.count, 255)
            let plain = url.replacingOccurrences(of: "/[0-9a-f]{32}$", with: "/<secret>", options: .regularExpression)
            body = body.with(["callbackUrl": .string(plain)])
        }
        if let expected = row["body"] {
            XCTAssertEqual(body, expected, row.text("id") ?? "")
        }
    }
}

private func prefix(_ name: String) throws {
    for row in try rows(name) {
        let config: JSON = [
            "provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s", "callback": "portal",
            "user_agent": "Example Corp SampleApp/1.0.1", "domain_prefix": row["prefix"] ?? .null,
        ]
        let code = try codeOf { _ = try newAccount(config) }
        XCTAssertEqual(code, row.flag("accept") ? nil : "domain_prefix_invalid", row.text("id") ?? "")
    }
}

private func returns(_ name: String) throws {
    for row in try rows(name) {
        let input = Input.redirect(url: row.text("url") ?? "")
        try checkReference(ordinary(), input, row.text("reference"), row.text("code"), row.text("id"))
    }
}

private func callback(_ name: String) throws {
    for row in try rows(name) {
        let text = row.text("body") ?? ""
        let body = text + String(repeating: "a", count: max(0, Int(row.int("pad_to") ?? 0) - text.utf8.count))
        let type = row.text("content_type") ?? "application/x-www-form-urlencoded"
        // Genuine, but of another product of the same account: nobody's.
        let code = row.text("code") == "callback_of_other_product" ? nil : row.text("code")
        let headers = [Header(name: "Content-Type", value: type)]
        let input = Input.callback(url: "/cb", headers: headers, body: Data(body.utf8))
        try checkReference(ordinary(), input, row.text("reference"), code, row.text("id"))
    }
}

private func errors(_ name: String) throws {
    for row in try rows(name) {
        let place = row.text("id") ?? ""
        let operation = row.text("at") ?? ""
        let run = try operation == "jumio.initiate" ? opened(configured(name)) : live(configured(name))
        let headers = headersOf(row)
        try run.answer(operation, UInt16(row.int("status") ?? 0), row["body"], headers)
        var fault = try run.fault()
        var ended = false
        if case let .done(.failed(last), _) = try run.next() {
            fault = try toWire(last)
            ended = true
        }
        XCTAssertEqual(ended, row.flag("ends"), place)
        checkMembers(row["fault"], fault, place)
        XCTAssertEqual(fault?.text("trace_id"), headers.first?.value, place)
    }
}

private func poll(_ name: String) throws {
    for row in try rows(name) {
        let more: [String: JSON] = ["callback": row["callback"] ?? .null, "options": row["options"] ?? [:]]
        let run = try live(configured(name, more))
        let said: JSON = [
            "authorizationToken": "t", "transactionReference": .string(reference), "eventType": 510,
            "payload": ["value": "success"],
        ]
        try run.see(.message(origin: "https://netverify.com", data: said.written))
        let base = run.now
        let started: JSON = [
            "transactionReference": .string(reference), "enrollmentTransactionReference": .string(enrollmentReference),
            "transactionResult": "STARTED",
        ]
        let looks = try row.some("offsets").map { _ -> String in
            try run.answer("jumio.retrieve", 200, started)
            return String((run.now - base) / 1000)
        }
        XCTAssertEqual(looks, row.list("offsets").compactMap(\.text), row.text("id") ?? "")
    }
}

private func delete(_ name: String) throws {
    for row in try rows(name) {
        let place = row.text("id") ?? ""
        let run = try live(configured(name))
        try run.tell(.erase(atProvider: true))
        for status in try row.some("statuses") {
            try run.answer("jumio.delete", UInt16(status.text ?? "") ?? 0, "")
        }
        guard case let .done(_, erasure) = try run.next() else { throw Unexpected(place) }
        switch erasure?.atProvider {
        case let .deleted(count)?: XCTAssertEqual(Int64(count), row.int("deleted"), place)
        case let .failed(fault)?:
            XCTAssertEqual(fault.code, .httpStatus, place)
            XCTAssertEqual(fault.status.map { Int64($0) }, row.int("failed"), place)
        default: throw Unexpected(place)
        }
    }
}

// Signicat: orders, requests, tokens, processes, redirects and callbacks.

import Foundation
import Idvkit
import XCTest

let signicat: [String: Runner] = [
    "signicat/orders": orders,
    "signicat/requests": requests,
    "signicat/redirect": redirect,
    "signicat/callback": callback,
    "signicat/token": token,
    "signicat/process": process,
]

private let dossier: JSON = ["dossierId": "33333333-3333-4333-8333-333333333333"]
private let tokenAnswer: JSON = ["access_token": "tok-1", "expires_in": 600, "token_type": "Bearer"]
private let paper: JSON = ["flow": "signicat_document_verification", "provider": "signicatpaper"]
private let notification: [String: JSON] = [
    "notification": [
        "url": "https://merchant.example/n", "authorization_header": "Bearer abc",
        "previous_authorization_headers": ["Bearer old"],
    ]
]

private func ordinary(_ more: [String: JSON] = [:]) throws -> Account {
    let plain: JSON = [
        "provider": "signicat", "client_id": "client", "client_secret": "secret",
        "redirect_url": "https://merchant.example/back",
    ]
    return try newAccount(plain.with(more))
}

private func requestOf(_ row: JSON) throws -> JSON {
    guard let (flow, request) = row["flow"]?.members.first else { throw Unexpected(row.text("id")) }
    return request.with(["flow": .string("signicat_\(flow)")])
}

private func orders(_ name: String) throws {
    for row in try rows(name) {
        let options: JSON = ["allow_unknown_provider": .bool(row.flag("allow_unknown_provider"))]
        let account = try ordinary(["redirect_url": .null, "options": options])
        let request = try requestOf(row).written
        let code = try codeOf { _ = try Session.open(account: account, request: request, seed: SEED, now: T0) }
        XCTAssertEqual(code, row.text("error"), row.text("id") ?? "")
    }
}

private func requests(_ name: String) throws {
    for row in try rows(name) {
        let place = row.text("id") ?? ""
        let run = try Run(ordinary(row.flag("notification") ? notification : [:]), requestOf(row))
        var sent = try run.due()
        while sent.operation != row.text("operation") {
            switch sent.operation {
            case "signicat.token": try run.answer(sent.operation, 200, tokenAnswer)
            case "signicat.create_dossier": try run.answer(sent.operation, 200, dossier)
            default: throw Unexpected(place)
            }
            sent = try run.due()
        }
        XCTAssertEqual(String(describing: sent.method).uppercased(), row.text("method"), place)
        XCTAssertEqual(sent.url, "https://api.signicat.com" + (row.text("path") ?? ""), place)
        XCTAssertEqual(try JSON(String(decoding: sent.body ?? Data(), as: UTF8.self)), row["body"], place)
    }
}

private func redirect(_ name: String) throws {
    for row in try rows(name) {
        let input = Input.redirect(url: row.text("url") ?? "")
        try checkReference(ordinary(), input, row.text("dossier"), row.text("error"), row.text("id"))
    }
}

private func callback(_ name: String) throws {
    for row in try rows(name) {
        let headers = row.text("authorization").map { [Header(name: "AUTHORIZATION", value: $0)] } ?? []
        let input = Input.callback(url: "/n", headers: headers, body: wire(row["body"]))
        try checkReference(ordinary(notification), input, row.text("reference"), row.text("error"), row.text("id"))
    }
}

private func token(_ name: String) throws {
    for row in try rows(name) {
        switch row.text("kind") {
        case "request": try tokenRequest(row)
        case "answer": continue // it has no call of its own yet
        case "refusal": try tokenRefusal(row)
        case "life": try tokenLife(row)
        default: throw Unexpected(row.text("kind"))
        }
    }
}

private func tokenRequest(_ row: JSON) throws {
    let place = row.text("id") ?? ""
    let request = try Run(ordinary(["profile": row["profile"] ?? .null]), paper).due()
    XCTAssertEqual(request.url, row.text("url"), place)
    XCTAssertEqual(request.body.map { String(decoding: $0, as: UTF8.self) }, row.text("form"), place)
    XCTAssertEqual(request.headers.first { $0.name == "Authorization" }?.value, row.text("authorization"), place)
    XCTAssertNil(request.cache?.refused, place)
    XCTAssertEqual(request.cache?.maxAgeMs, 570_000, place)
}

private func tokenRefusal(_ row: JSON) throws {
    let run = try Run(ordinary(), paper)
    try run.answer("signicat.token", UInt16(row.int("status") ?? 0), row["body"])
    guard case let .failed(fault) = try run.outcome() else { throw Unexpected(row.text("id")) }
    XCTAssertEqual(fault.providerCode, row.text("provider_code"), row.text("id") ?? "")
    XCTAssertFalse(fault.retryable, row.text("id") ?? "")
    XCTAssertEqual(fault.`class`, .authorization, row.text("id") ?? "")
}

/// The last moment at which a token is used for another request, and the first at which a new one is asked for.
private func tokenLife(_ row: JSON) throws {
    let usable = row.int("usable_ms") ?? 0
    for (at, operation) in [(usable - 1, "signicat.create_process"), (usable, "signicat.token")] where at >= 0 {
        let run = try Run(ordinary(["options": ["token_skew_ms": row["skew_ms"] ?? .null]]), paper)
        try run.answer("signicat.token", 200, ["access_token": "t", "expires_in": row["expires_in"] ?? .null])
        let request = try run.due()
        run.now += at
        try run.tell(.httpResponse(id: request.id, status: 201, headers: [], body: wire(dossier)))
        guard case let .send(next) = try run.next() else { throw Unexpected(row.text("id")) }
        XCTAssertEqual(next.operation, operation, "\(row.text("id") ?? "") at \(at)")
    }
}

private func process(_ name: String) throws {
    for row in try rows(name) {
        let place = row.text("id") ?? ""
        let run = try verified(row["body"])
        XCTAssertEqual(try cameTo(run), row.text("outcome"), place)
        let evidence = run.session.evidence()
        XCTAssertEqual(evidence != nil, row.flag("final"), place)
        guard let evidence else { continue }
        XCTAssertEqual(evidence.person == nil, row["person"] == nil, place)
        checkMembers(row["person"], evidence.person.map(claims), place)
    }
}

/// A session whose process says this at the first look.
private func verified(_ answer: JSON?) throws -> Run {
    let run = try Run(ordinary(), paper)
    let process: JSON = [
        "processId": "44444444-4444-4444-8444-444444444444", "provider": "signicatpaper", "status": "pending",
    ]
    // As much of an image as tells its kind and size.
    let png = Data([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 10, 0, 0, 0, 10, 8, 2, 0, 0, 0])
    try serve(run, "create_dossier", 201, dossier)
    try serve(run, "create_process", 201, process)
    try run.tell(.images(images: [Image(slot: "front", bytes: png)]))
    try serve(run, "set_images", 200, "")
    try serve(run, "start", 200, "")
    try serve(run, "get_process", 200, answer)
    return run
}

/// Answers this; tokens on the way, as a host with a cache would.
private func serve(_ run: Run, _ operation: String, _ status: UInt16, _ body: JSON?) throws {
    while try run.due().operation == "signicat.token" {
        try run.answer("signicat.token", 200, tokenAnswer)
    }
    try run.answer("signicat.\(operation)", status, body)
}

private func cameTo(_ run: Run) throws -> String? {
    switch try run.next() {
    case .wait: return nil
    case let .done(.decided(decision), _): return String(describing: decision)
    case .done(.abandoned, _): return "abandoned"
    case .done(.expired, _): return "expired"
    case let .done(.failed(fault), _):
        XCTAssertEqual(fault.code, .processFailed)
        return "failed"
    default: throw Unexpected("neither a wait nor an end")
    }
}

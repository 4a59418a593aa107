// biometric.kz: metadata, personal numbers, results, webhooks.

import Foundation
import Idvkit
import XCTest

let biometricKz: [String: Runner] = [
    "biometric_kz/webhook": webhook,
    "biometric_kz/metadata": metadata,
    "biometric_kz/iin": iin,
    "biometric_kz/phone": phone,
    "biometric_kz/result": result,
]

private func ordinary(_ more: [String: JSON] = [:]) throws -> Account {
    let plain: JSON = ["provider": "biometric_kz", "api_key": "TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk"]
    return try newAccount(plain.with(more))
}

private func request(_ metadata: JSON?) -> JSON { ["flow": "biometric_kz_flow", "metadata": metadata ?? .null] }

private func webhook(_ name: String) throws {
    let account = try ordinary(["webhook_secrets": ["0123456789abcdef"]])
    for row in try rows(name) {
        let body = (row["body"] ?? .null).written
        let input = Input.callback(url: "/idv/0123456789abcdef", headers: [], body: Data(body.utf8))
        try checkReference(account, input, row.text("session_id"), row.text("code"), row.text("id"))
    }
}

private func metadata(_ name: String) throws {
    for row in try rows(name) {
        let account = try ordinary(["technologies": row["technologies"] ?? .null])
        guard let sent = try opened(account, request(row["metadata"]), T0, row) else { continue }
        XCTAssertEqual(sent["metadata"], row["sent"], row.text("id") ?? "")
    }
}

private func iin(_ name: String) throws { try edocument(name, "iin") }

private func phone(_ name: String) throws { try edocument(name, "phone") }

private func edocument(_ name: String, _ member: String) throws {
    // An empty text is no value in metadata.
    for row in try rows(name) where !(row.text("input") ?? "").isEmpty {
        let order = request(["edocument": [member: ["value": row["input"] ?? .null]]])
        let code = try codeOf {
            _ = try Session.open(account: ordinary(), request: order.written, seed: SEED, now: T0)
        }
        XCTAssertEqual(code, row.text("code"), row.text("id") ?? "")
    }
}

private func result(_ name: String) throws {
    for row in try rows(name) {
        let place = row.text("id") ?? ""
        let metadata: JSON? = row["fixed_iin"].map { ["edocument": ["iin": ["value": $0, "changeable": false]]] }
        let run = try Run(ordinary(), request(metadata), now: 1_750_000_000_000)
        let made: JSON = ["session_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "technologies": ["LDHP", "ED", "F2F"]]
        try run.answer("biometric_kz.create_session", 201, made)
        try run.answer("biometric_kz.fetch_result", 200, row["body"])
        XCTAssertEqual(try cameTo(run), row.text("outcome"), place)
        if let stage = row.text("stage") {
            XCTAssertEqual(try run.outcome(), .abandoned(stage: stage), place)
        }
        let evidence = run.session.evidence()
        let isDecided = ["approved", "declined", "inconclusive", "completed"].contains(row.text("outcome"))
        XCTAssertEqual(evidence != nil, isDecided, place)
        guard let evidence else { continue }
        if row["reasons"] != nil {
            XCTAssertEqual(evidence.reasons.map(\.code), row.list("reasons").compactMap(\.text), place)
        }
        if row["parts"] != nil {
            let parts = evidence.parts.map { part -> JSON in
                .array([.string(part.name), part.passed.map { .bool($0) } ?? .null, JSON.orNull(part.score)])
            }
            XCTAssertEqual(parts, row.list("parts"), place)
        }
        checkMembers(row["person"], evidence.person.map(claims), place)
    }
}

/// A person and the document shown, in one object.
func claims(_ person: Person) -> JSON {
    [
        "given_name": JSON.orNull(person.givenName),
        "family_name": JSON.orNull(person.familyName),
        "middle_name": JSON.orNull(person.middleName),
        "birthdate": JSON.orNull(person.birthdate),
        "gender": JSON.orNull(person.gender),
        "nationality": JSON.orNull(person.nationalities.first),
        "nationalities": .array(person.nationalities.map { .string($0) }),
        "place_of_birth": JSON.orNull(person.placeOfBirth),
        "personal_number": JSON.orNull(person.personalNumber),
        "phone_number": JSON.orNull(person.phoneNumber),
        "kind": JSON.orNull(person.document?.kind),
        "document_number": JSON.orNull(person.document?.documentNumber),
        "date_of_issuance": JSON.orNull(person.document?.dateOfIssuance),
        "date_of_expiry": JSON.orNull(person.document?.dateOfExpiry),
        "issuer_country": JSON.orNull(person.document?.issuerCountry),
        "issuer_name": JSON.orNull(person.document?.issuerName),
    ]
}

private func cameTo(_ run: Run) throws -> String {
    switch try run.next() {
    case let .done(.decided(decision), _): return String(describing: decision)
    case .done(.abandoned, _): return "abandoned"
    // A fault keeps the page as it is; which one it was, the snapshot says.
    case .present: return try run.fault()?.text("code") ?? "open"
    case let .wait(_, why) where why == .verdict: return "open_done"
    default: throw Unexpected("neither open nor ended")
    }
}

// Values and documents: one call for each file, and what is reached through such a call.

import Foundation
import Idvkit
import XCTest

let values: [String: Runner] = ["values": runValues, "core/times": runTimes, "core/locales": runLocales]

private func runValues(_ file: String) throws {
    let call = String(file.dropFirst("values/".count))
    for one in try rows(file) {
        let id = "\(call) \(one.text("id") ?? "")"
        do {
            let answer = toJSON(try called(call, one["args"] ?? .object([:])))
            XCTAssertNil(one.text("code"), id)
            XCTAssertEqual(answer, one["answer"] ?? .null, id)
        } catch let reject as Reject {
            XCTAssertEqual("\(reject.code)", one.text("code"), id)
            XCTAssertEqual(reject.field, one.text("field"), id)
            XCTAssertEqual(reject.explanation, one.text("message"), id)
        }
    }
}

/// A record by the names that its members have in every language.
private func toJSON(_ value: Any?) -> JSON {
    guard let value else { return .null }
    switch value {
    case let text as String: return .string(text)
    case let flag as Bool: return .bool(flag)
    case let number as any BinaryInteger: return .number("\(number)")
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { toJSON($0.value) } ?? .null
    case .collection: return .array(mirror.children.map { toJSON($0.value) })
    case .enum: return .string(snake(String(describing: value)))
    default:
        let members = mirror.children.map { (snake($0.label ?? ""), toJSON($0.value)) }
        return .object(Dictionary(members) { _, new in new })
    }
}

private func snake(_ name: String) -> String {
    name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
}

private func runTimes(_ name: String) throws {
    for one in try rows(name) {
        let body: JSON = [
            "transactionReference": "t", "enrollmentTransactionReference": "e", "transactionResult": "PASSED",
            "transactionDate": .string(one.text("text") ?? ""),
        ]
        XCTAssertEqual(try Jumio.transaction(Data(body.written.utf8)).date, one.int("millis"), one.text("id") ?? "")
    }
}

/// The sets in this file are samples, which only Rust can make; the tags are those of a request.
private func runLocales(_ name: String) throws {
    for one in try vector(name).some("tags") {
        let request: JSON = ["flow_id": "FX02zfeuvcj36knhn06us", "tag": "T", "locale": .string(one.text("input") ?? "")]
        let id = one.text("id") ?? ""
        do {
            XCTAssertEqual(try Attestr.handshakeRequest(request.written, now: T0).locale, one.text("tag"), id)
        } catch let reject as Reject {
            XCTAssertEqual("\(reject.code)", one.text("code"), id)
        }
    }
}

// The form of transcripts: what a session is told, and what it says.

import Foundation
import Idvkit

/// `first` stands for `$id`.
func toInput(_ wire: JSON, first: String = "") throws -> Input {
    let id = wire.text("id") == "$id" ? first : wire.text("id") ?? ""
    switch wire.text("type") {
    case "http_response":
        let status = UInt16(wire.int("status") ?? 0)
        return .httpResponse(id: id, status: status, headers: headersOf(wire), body: bytesOf(wire["body"]))
    case "http_failed": return .httpFailed(id: id)
    case "sending": return .sending(id: id)
    case "hint": return .hint(text: wire.text("text") ?? "")
    case "redirect": return .redirect(url: wire.text("url") ?? "")
    case "callback":
        return .callback(url: wire.text("url") ?? "", headers: headersOf(wire), body: bytesOf(wire["body"]))
    case "images":
        return .images(images: wire.list("images").map { Image(slot: $0.text("slot") ?? "", bytes: bytesOf($0["bytes"])) })
    case "retry": return .retry
    case "erase": return .erase(atProvider: wire.flag("at_provider"))
    default: throw Unexpected(wire.text("type"))
    }
}

func toSeen(_ wire: JSON?) throws -> Seen {
    switch wire?.text("type") {
    case "navigation": return .navigation(url: wire?.text("url") ?? "")
    case "message": return .message(origin: wire?.text("origin") ?? "", data: wire?.text("data") ?? "")
    case "event": return .event(name: wire?.text("name") ?? "", data: wire?.text("data") ?? "")
    case "closed": return .closed
    default: throw Unexpected(wire?.text("type"))
    }
}

func toWire(_ next: Next) throws -> JSON {
    switch next {
    case let .send(request): return ["type": "send", "request": toWire(request)]
    case let .present(journey, until):
        return ["type": "present", "journey": try JSON(journey.json), "until": .number(String(until))]
    case let .wait(until, why): return ["type": "wait", "until": .number(String(until)), "why": try toWire(why)]
    case let .done(outcome, erasure):
        return ["type": "done", "outcome": try JSON(outcome.json), "erasure": try erasure.map(toWire) ?? .null]
    }
}

func toWire(_ fault: Fault) throws -> JSON { try JSON(Outcome.failed(fault: fault).json)["fault"] ?? .null }

func toWire(_ delivery: Delivery) -> JSON {
    [
        "id": .string(delivery.id), "replaces": delivery.replaces.map { .string($0) } ?? .null,
        "failures": .number(String(delivery.failures)), "due": delivery.due.map { .number(String($0)) } ?? .null,
    ]
}

func headersOf(_ wire: JSON) -> [Header] {
    wire.list("headers").map { Header(name: $0.list[0].text ?? "", value: $0.list[1].text ?? "") }
}

private func toWire(_ request: HttpRequest) -> JSON {
    [
        "id": .string(request.id),
        "operation": .string(request.operation),
        "method": .string(String(describing: request.method).uppercased()),
        "url": .string(request.url),
        "headers": .array(request.headers.map { [.string($0.name), .string($0.value)] }),
        "body": request.body.map(toWire) ?? .null,
        "timeout_ms": .number(String(request.timeoutMs)),
        "idempotent": .bool(request.idempotent),
        "cache": request.cache.map {
            ["key": .string($0.key), "max_age_ms": .number(String($0.maxAgeMs)), "refused": $0.refused.map { .string($0) } ?? .null]
        } ?? .null,
    ]
}

private func toWire(_ body: Data) -> JSON {
    if let text = String(data: body, encoding: .utf8) { return ["text": .string(text)] }
    return ["base64": .string(body.base64EncodedString())]
}

private func toWire(_ why: Why) throws -> JSON {
    switch why {
    case .inFlight: return ["type": "in_flight"]
    case .verdict: return ["type": "verdict"]
    case let .backoff(fault): return ["type": "backoff", "fault": try toWire(fault)]
    case let .throttled(fault): return ["type": "throttled", "fault": try toWire(fault)]
    case let .blobs(digests): return ["type": "blobs", "digests": .array(digests.map { .string($0) })]
    }
}

private func toWire(_ erasure: Erasure) throws -> JSON {
    switch erasure.atProvider {
    case .notAsked: return ["at_provider": ["type": "not_asked"]]
    case .notOffered: return ["at_provider": ["type": "not_offered"]]
    case let .deleted(count): return ["at_provider": ["type": "deleted", "count": .number(String(count))]]
    case let .failed(fault): return ["at_provider": ["type": "failed", "fault": try toWire(fault)]]
    }
}

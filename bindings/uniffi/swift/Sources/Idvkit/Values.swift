// What the generated values do not bring along themselves.

import Foundation

extension Reject {
    /// What the refusal is about.
    public var code: RejectCode { parts.code }

    /// The field it is about, with a dotted path where nested.
    public var field: String? { parts.field }

    /// The rule and the fix, for a developer.
    public var explanation: String { parts.explanation }

    /// Who causes it: decide by this, or by the case, what to do.
    public var blame: Blame { parts.blame }

    private var parts: (blame: Blame, code: RejectCode, field: String?, explanation: String) {
        switch self {
        case let .Caller(code, field, explanation): return (.caller, code, field, explanation)
        case let .Provider(code, field, explanation): return (.provider, code, field, explanation)
        case let .Signature(code, field, explanation): return (.signature, code, field, explanation)
        case let .Snapshot(code, field, explanation): return (.snapshot, code, field, explanation)
        }
    }
}

extension Journey {
    /// The journey as JSON, for this one user's page or app.
    public var json: String { journeyToJson(journey: self) }
}

extension Outcome {
    /// The outcome as JSON: it may leave the server.
    public var json: String { outcomeToJson(outcome: self) }
}

extension Catalog {
    /// The tables as JSON, for a settings page.
    public var json: String { catalogToJson(catalog: self) }
}

/// The folder with `<idv-journey>`, the web element that shows a journey, for your server to hand out.
public let webFiles: URL = (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("web")

/// Gives milliseconds since 1970.
public typealias Clock = @Sendable () -> UnixMillis

/// The system's clock.
public let systemClock: Clock = { UnixMillis(Date().timeIntervalSince1970 * 1000) }

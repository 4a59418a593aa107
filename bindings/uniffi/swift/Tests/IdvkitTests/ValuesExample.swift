// Values and documents without a session: the three examples of the README.

// [values]
import Foundation
import Idvkit

/// A settings page: is this callback URL fit, and if not, why?
func aboutUrl(_ text: String) throws -> String {
    do {
        return "fit, of at most \(try Jumio.url(text, purpose: .callback).limit) characters"
    } catch let reject as Reject {
        return "\(reject.code): it \(reject.explanation)"
    }
}

/// A form: what keeps a user from going straight to the code from 1414?
func stillAsked(iin: String, phone: String) throws -> [String] {
    let metadata = """
        {"edocument": {"iin": {"value": "\(iin)", "changeable": false}, "phone": {"value": "\(phone)"}, "skip_input": true}}
        """
    let plan = try BiometricKz.plan(metadata, technologies: ["LDHP", "ED"])
    return plan.input == .skipped ? [] : plan.unmet.map { "\($0)" }
}

/// A check of a stored answer: both of the checks that Attestr's documents demand.
func isAuthentic(_ body: Data, secret: String, claimed: String) throws -> Bool {
    try Attestr.result(body, secrets: [secret], claimed: claimed).authentic
}
// [/values]

// Values and documents without a session: the three examples of the README.

// [values]
import idvkit.Attestr
import idvkit.BiometricKz
import idvkit.Jumio
import idvkit.Reject
import idvkit.biometrickz.BiometricKzInput
import idvkit.code
import idvkit.explanation
import idvkit.jumio.JumioUrlPurpose

/** A settings page: is this callback URL fit, and if not, why? */
fun aboutUrl(text: String): String = try {
    "fit, of at most ${Jumio.url(text, JumioUrlPurpose.CALLBACK).limit} characters"
} catch (reject: Reject) {
    "${reject.code}: it ${reject.explanation}"
}

/** A form: what keeps a user from going straight to the code from 1414? */
fun stillAsked(iin: String, phone: String): List<String> {
    val metadata =
        """{"edocument": {"iin": {"value": "$iin", "changeable": false}, "phone": {"value": "$phone"}, "skip_input": true}}"""
    val plan = BiometricKz.plan(metadata, technologies = listOf("LDHP", "ED"))
    return if (plan.input == BiometricKzInput.SKIPPED) emptyList() else plan.unmet.map { it.name }
}

/** A check of a stored answer: both of the checks that Attestr's documents demand. */
fun isAuthentic(body: ByteArray, secret: String, claimed: String): Boolean =
    Attestr.result(body, secrets = listOf(secret), claimed = claimed).authentic
// [/values]

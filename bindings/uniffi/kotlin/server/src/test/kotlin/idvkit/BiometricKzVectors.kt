// biometric.kz: metadata, personal numbers, results, webhooks.

package idvkit

import idvkit.types.Decision
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Person
import idvkit.types.Why
import kotlinx.serialization.json.JsonElement
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue

val BIOMETRIC_KZ: Map<String, (String) -> Unit> = mapOf(
    "biometric_kz/webhook" to ::webhook,
    "biometric_kz/metadata" to ::metadata,
    "biometric_kz/iin" to ::iin,
    "biometric_kz/phone" to ::phone,
    "biometric_kz/result" to ::biometricResult,
)

private const val SESSION = "3fa85f64-5717-4562-b3fc-2c963f66afa6"

private fun someBiometricKz(vararg more: Pair<String, Any?>): Account =
    account(obj("provider" to "biometric_kz", "api_key" to "TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk", *more))

private fun request(metadata: JsonElement?) = obj("flow" to "biometric_kz_flow", "metadata" to metadata)

private fun edocumentOf(member: String, vararg value: Pair<String, Any?>) = obj("edocument" to obj(member to obj(*value)))

private fun webhook(name: String) {
    val account = someBiometricKz("webhook_secrets" to listOf("0123456789abcdef"))
    for (row in rows(name)) {
        val body = row["body"].toString()
        val input = Input.Callback("/idv/0123456789abcdef", emptyList(), body.encodeToByteArray())
        checkReference(account, input, row.text("session_id"), row.text("code"), row.text("id"))
    }
}

private fun metadata(name: String) {
    for (row in rows(name)) {
        val account = someBiometricKz("technologies" to row["technologies"])
        checkOpened(account, request(row["metadata"]).toString(), T0, row) {
            assertEquals(row.of("sent"), it.of("metadata"), row.text("id"))
        }
    }
}

private fun iin(name: String) = edocument(name, "iin")

private fun phone(name: String) = edocument(name, "phone")

private fun edocument(name: String, member: String) {
    // An empty text is no value in metadata.
    for (row in rows(name).filter { !it.text("input").isNullOrEmpty() }) {
        val request = request(edocumentOf(member, "value" to row["input"])).toString()
        assertEquals(row.text("code"), codeOf { Session.open(someBiometricKz(), request, SEED, T0) }, row.text("id"))
    }
}

private fun biometricResult(name: String) {
    for (row in rows(name)) {
        val place = row.text("id")
        val metadata = row.of("fixed_iin")?.let { edocumentOf("iin", "value" to it, "changeable" to false) }
        val run = Run(someBiometricKz(), request(metadata), 1_750_000_000_000)
        val technologies = listOf("LDHP", "ED", "F2F")
        run.answer("biometric_kz.create_session", 201, obj("session_id" to SESSION, "technologies" to technologies))
        run.answer("biometric_kz.fetch_result", 200, row["body"])
        assertEquals(row.text("outcome"), cameTo(run), place)
        row.text("stage")?.let { assertEquals(Outcome.Abandoned(it), run.outcome(), place) }
        val evidence = run.session.evidence()
        assertEquals(Decision.entries.any { it.name.lowercase() == row.text("outcome") }, evidence != null, place)
        if (evidence == null) continue
        row["reasons"]?.let { assertEquals(it, json(evidence.reasons.map { reason -> reason.code }), place) }
        row["parts"]?.let { assertEquals(it, json(evidence.parts.map { part -> listOf(part.name, part.passed, part.score) }), place) }
        row.of("person")?.let { checkMembers(it as kotlinx.serialization.json.JsonObject, claims(evidence.person!!), place) }
    }
}

/** A person and the document shown, in one object. */
internal fun claims(person: Person): JsonElement = obj(
    "given_name" to person.givenName,
    "family_name" to person.familyName,
    "middle_name" to person.middleName,
    "birthdate" to person.birthdate,
    "gender" to person.gender,
    "nationality" to person.nationalities.firstOrNull(),
    "nationalities" to person.nationalities,
    "place_of_birth" to person.placeOfBirth,
    "personal_number" to person.personalNumber,
    "phone_number" to person.phoneNumber,
    "kind" to person.document?.kind,
    "document_number" to person.document?.documentNumber,
    "date_of_issuance" to person.document?.dateOfIssuance,
    "date_of_expiry" to person.document?.dateOfExpiry,
    "issuer_country" to person.document?.issuerCountry,
    "issuer_name" to person.document?.issuerName,
)

private fun cameTo(run: Run): String = when (val step = run.next()) {
    is Next.Done -> when (val outcome = step.outcome) {
        is Outcome.Decided -> outcome.decision.name.lowercase()
        is Outcome.Abandoned -> "abandoned"
        else -> error("$outcome")
    }
    // A fault keeps the page as it is; which one it was, the snapshot says.
    is Next.Present -> run.fault()?.text("code") ?: "open"
    else -> {
        assertTrue(step is Next.Wait && step.why == Why.Verdict)
        "open_done"
    }
}

// Values and documents: one call for each file, and what is reached through such a call.

package idvkit

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

val VALUES: Map<String, (String) -> Unit> =
    mapOf("values" to ::values, "core/times" to ::times, "core/locales" to ::locales, "signature/ecmascript" to ::ecmascript)

private const val SECRET = "0123456789abcdef0123456789abcdef"

private fun values(file: String) {
    val call = file.substringAfter('/')
    for (case in rows(file)) {
        val id = "$call ${case.must("id")}"
        try {
            val answer = toJson(called(call, case.of("args") ?: obj()))
            assertNull(case.text("code"), id)
            assertEquals(case["answer"], answer, id)
        } catch (reject: Reject) {
            val said = listOf(reject.code.toString(), reject.field, reject.explanation)
            assertEquals(listOf(case.text("code"), case.text("field"), case.text("message")), said, id)
        }
    }
}

/** A record by the names that its members have in every language. */
private fun toJson(value: Any?): JsonElement = when (value) {
    is Enum<*> -> JsonPrimitive(value.name.lowercase())
    is UInt, is UShort, is ULong -> JsonPrimitive(value.toString().toLong())
    null, is String, is Number, is Boolean -> json(value)
    is List<*> -> kotlinx.serialization.json.JsonArray(value.map(::toJson))
    else -> {
        val fields = value.javaClass.declaredFields.filter { !java.lang.reflect.Modifier.isStatic(it.modifiers) }
        JsonObject(fields.associate { field ->
            field.isAccessible = true
            snake(field.name) to toJson(field.get(value))
        })
    }
}

private fun snake(name: String): String = name.removeSuffix("_").replace(Regex("[A-Z]")) { "_" + it.value.lowercase() }

/** Texts of a list. */
fun JsonElement.texts(name: String): List<String> = list(name).map { (it as JsonPrimitive).contentOrNull!! }

private fun times(name: String) {
    for (case in rows(name)) {
        val body = obj(
            "transactionReference" to "t", "enrollmentTransactionReference" to "e", "transactionResult" to "PASSED",
            "transactionDate" to case.must("text"),
        )
        assertEquals(case.long("millis"), Jumio.transaction(body.toString().encodeToByteArray()).date, case.must("id"))
    }
}

/** The sets in this file are samples, which only Rust can make; the tags are those of a request. */
private fun locales(name: String) {
    for (case in vector(name).some("tags")) {
        val request = obj("flow_id" to "FX02zfeuvcj36knhn06us", "tag" to "T", "locale" to case.must("input")).toString()
        assertEquals(case.text("code"), codeOf { Attestr.handshakeRequest(request, T0) }, case.must("id"))
        if (case.text("code") == null) {
            assertEquals(case.text("tag"), Attestr.handshakeRequest(request, T0).locale, case.must("id"))
        }
    }
}

/** The form in which a result is signed, by way of a result. How deep a text may be is for Rust to try. */
private fun ecmascript(name: String) {
    for (case in rows(name).filter { !it.must("id").startsWith("depth") }) {
        val id = case.must("id")
        val expected = case.text("output_text")?.let { "{\"FS1\":$it}" }
        val mac = Mac.getInstance("HmacSHA256").apply { init(SecretKeySpec(SECRET.encodeToByteArray(), algorithm)) }
        val tag = mac.doFinal((expected ?: "none").encodeToByteArray()).joinToString("") { "%02x".format(it) }
        val result = "{\"FS1\": ${case.must("input_text")}}"
        val body = "{\"_id\": \"DS02zfeuv6n4gkq51hvw6\", \"result\": $result, \"resultSignature\": \"$tag\"}"
        try {
            val read = Attestr.result(body.encodeToByteArray(), secrets = listOf(SECRET))
            assertEquals(expected != null, read.signature == idvkit.attestr.AttestrSignature.VERIFIED, id)
            if (expected != null) assertEquals(expected, read.signed, id)
        } catch (reject: Reject) {
            assertEquals(null to "result_unreadable", expected to reject.code.toString(), id)
        }
    }
}

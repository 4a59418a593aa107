// Every code that a refusal can have, and calls that provoke them.

package idvkit

import idvkit.types.Next
import idvkit.types.Seen
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue

val REJECTS: Map<String, (String) -> Unit> = mapOf("core/rejects" to ::rejects)

private fun rejects(name: String) {
    val file = vector(name)
    // The list is the one that every language has, and every case comes to its code.
    val codes = rejectCodes().map { obj("code" to it.toString(), "blame" to rejectCodeBlame(it).name.lowercase()) }
    assertEquals(file.list("codes"), codes)
    val blames = codes.associate { it.must("code") to it.must("blame") }
    for (case in rows(name).filter { it.must("call") != "parse" }) {
        val reject = assertThrows(Reject::class.java, { provoke(file, case) }, case.text("id"))
        val said = listOf(reject.code.toString(), reject.blame.name.lowercase(), reject.field)
        assertEquals(listOf(case.text("code"), case.text("blame"), case.text("field")), said, case.text("id"))
        assertTrue(case.must("blame") == blames.getValue(case.must("code")) && reject.explanation.isNotEmpty(), case.text("id"))
    }
}

private fun provoke(file: JsonElement, case: JsonObject) {
    val provider = case.text("provider") ?: "jumio"
    val plain = file.of("configs")!!.of(provider)!!.jsonObject
    val account = { account(JsonObject(plain + overrides(case, "config"))) }
    val now = case.long("now") ?: file.long("now")!!
    val open = { account: Account ->
        val request = if (case.flag("replace")) obj() else file.of("requests")!!.of(provider)!!.jsonObject
        val seed = SEED.copyOf(case.long("seed_bytes")?.toInt() ?: SEED.size)
        Session.open(account, JsonObject(request + overrides(case, "request")).toString(), seed, now)
    }
    when (case.text("call")) {
        "account" -> account()
        "verify" -> {
            val secrets = case.list("secrets").map { it.jsonPrimitive.content }
            val key = KeyForm.valueOf(case.must("key").uppercase())
            verify(case.must("message").encodeToByteArray(), case.must("tag"), secrets, TagEncoding.HEX, key)
        }
        "signed_member" -> signedMember(case.must("body").encodeToByteArray(), case.must("name"))
        "read" -> read(journeyFromJson(case.must("journey")), Seen.Closed)
        "restore" -> {
            val stored = case.must("snapshot").takeUnless { it == "\$opened" } ?: open(account(plain)).snapshot()
            Session.restore(account(), stored)
        }
        "reference_of" -> account().referenceOf(toInput(case.of("input")!!), now)
        "diagnose" -> diagnose(account(), case.must("body").encodeToByteArray(), case.must("tag"))
        else -> {
            val session = open(account())
            val first = (session.next(now) as Next.Send).request.id
            for (input in case.list("inputs")) session.handle(toInput(input, first), now)
        }
    }
}

private fun overrides(case: JsonObject, name: String): JsonObject = case.of(name)?.jsonObject ?: obj()

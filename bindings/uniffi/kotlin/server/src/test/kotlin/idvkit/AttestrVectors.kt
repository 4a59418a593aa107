// Attestr: handshakes, results, what the page's handlers say, webhooks.

package idvkit

import idvkit.types.Basis
import idvkit.types.Decision
import idvkit.types.Header
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Seen
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue

val ATTESTR: Map<String, (String) -> Unit> = mapOf(
    "attestr/handshake" to ::handshake,
    "attestr/webhook" to ::attestrWebhook,
    "attestr/result" to ::attestrResult,
    "attestr/launch" to ::launch,
)

private const val HANDSHAKE = "DS02zfeuv6n4gkq51hvw6"

private fun configured(file: JsonElement): Account = account(file.of("config")!!.jsonObject.with("provider" to "attestr"))

/** A session whose handshake exists. */
private fun live(file: JsonElement): Run {
    val request = obj(
        "flow" to "attestr_flowx", "flow_id" to "FX02zfeuvcj36knhn06us", "tag" to "TAG567822",
        "variables" to obj("pan" to "ABCPE1234F"),
    )
    val run = Run(configured(file), request, 1_750_000_000_000)
    run.answer("attestr.create_handshake", 200, obj("_id" to HANDSHAKE, "number" to "3804-324489-8469", "digest" to "x"))
    return run
}

private fun handshake(name: String) {
    val file = vector(name)
    val account = configured(file)
    val now = file.long("now")!!
    for (case in rows(name)) {
        val request = case.of("request")!!.jsonObject.with("flow" to "attestr_flowx").toString()
        checkOpened(account, request, now, case) { assertEquals(case["body"], it, case.text("id")) }
    }
}

/** Opens it, and compares the refusal or looks at the body of what is sent first. */
internal fun checkOpened(account: Account, request: String, now: Long, case: JsonObject, body: (JsonObject) -> Unit) {
    val session = try {
        Session.open(account, request, SEED, now)
    } catch (reject: Reject) {
        assertEquals(case.text("code") to case.text("field"), reject.code.toString() to reject.field, case.text("id"))
        return
    }
    assertEquals(null, case.text("code"), case.text("id"))
    val sent = (session.next(now) as Next.Send).request.body!!
    body(parse(sent.decodeToString()).jsonObject)
}

private fun attestrWebhook(name: String) {
    val account = configured(vector(name))
    for (case in rows(name)) {
        val headers = listOfNotNull(case.text("authorization")?.let { Header("Authorization", it) })
        val input = Input.Callback("/", headers, case.must("body").encodeToByteArray())
        checkReference(account, input, case.text("reference"), case.text("code"), case.text("id"))
    }
}

private fun attestrResult(name: String) {
    val file = vector(name)
    for (case in rows(name)) {
        val (run, place, expect) = Triple(live(file), case.text("id"), case.must("expect"))
        run.see(Seen.Event("onFlowxSuccess", obj("signature" to case.of("claim")).toString()))
        run.answer("attestr.fetch_result", case.must("status").toInt(), case.getValue("body"))
        assertEquals(expect, cameTo(run), place)
        val evidence = run.session.evidence()
        assertEquals(expect == "completed", evidence != null, place)
        if (evidence != null) {
            assertEquals(case.text("form"), (evidence.basis as Basis.Signed).form.name.lowercase(), place)
            assertEquals(case.text("raw"), evidence.raw.decodeToString(), place)
            assertEquals(case["parts"], json(evidence.parts.map { listOf(it.name, it.status) }), place)
        }
    }
}

private fun cameTo(run: Run): String {
    val step = run.next()
    if (step is Next.Wait) return run.fault()?.text("code") ?: "not_yet"
    return when (val outcome = (step as Next.Done).outcome) {
        is Outcome.Decided -> "completed".takeIf { outcome.decision == Decision.COMPLETED } ?: "a pass"
        is Outcome.Failed -> outcome.fault.code.toString()
        else -> error("$outcome")
    }
}

private fun launch(name: String) {
    val file = vector(name)
    for (case in rows(name)) {
        val (run, place, expected) = Triple(live(file), case.text("id"), case.of("outcome")!!)
        run.see(Seen.Event(case.must("handler"), case.must("data")))
        if (expected.of("claims") != null) {
            assertEquals(expected.flag("claims"), run.next() is Next.Send, place)
            continue
        }
        when (val outcome = settled(run)) {
            is Outcome.Abandoned -> {
                assertTrue(expected.flag("abandoned"), place)
                assertEquals(expected.text("stage"), outcome.stage, place)
            }
            is Outcome.Failed -> {
                checkMembers(expected.of("fault")!!.jsonObject, toWire(outcome.fault), place)
                assertEquals(expected.text("stage"), leftAt(file, case), place)
            }
            else -> error("$place: $outcome")
        }
    }
}

/** Each expected member is there with its value; one that is not there counts as null. */
internal fun checkMembers(expected: JsonObject, actual: JsonElement, place: String?) {
    for ((name, value) in expected) assertEquals(value, (actual as JsonObject)[name] ?: json(null), "$place: $name")
}

/** Lets the settle time pass; the fetches bring nothing. */
private fun settled(run: Run): Outcome {
    while (true) {
        when (val step = run.next()) {
            is Next.Done -> return step.outcome
            is Next.Send -> run.answer("attestr.fetch_result", 200, obj("_id" to HANDSHAKE))
            else -> run.untilDue()
        }
    }
}

/** The stage at which a session is erased after the same words: an error's outcome itself has none. */
private fun leftAt(file: JsonElement, case: JsonObject): String? {
    val run = live(file)
    run.see(Seen.Event(case.must("handler"), case.must("data")))
    run.tell(Input.Erase(false))
    return (run.outcome() as Outcome.Abandoned).stage
}

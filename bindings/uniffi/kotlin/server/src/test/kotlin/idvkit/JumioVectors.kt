// Jumio: orders, answers, returns and callbacks.

package idvkit

import idvkit.types.AtProvider
import idvkit.types.Header
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Seen
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue

val JUMIO: Map<String, (String) -> Unit> = mapOf(
    "jumio/initiate" to ::initiate,
    "jumio/prefix" to ::prefix,
    "jumio/return" to ::returns,
    "jumio/callback" to ::jumioCallback,
    "jumio/error" to ::errors,
    "jumio/poll" to ::poll,
    "jumio/delete" to ::delete,
)

private const val REFERENCE = "11111111-1111-4111-8111-111111111111"
private const val ENROLLMENT = "22222222-2222-4222-8222-222222222222"

private fun configured(name: String, vararg more: Pair<String, Any?>): Account =
    account(vector(name).of("config")!!.jsonObject.with("callback" to "portal", *more))

private fun someJumio(): Account = Account(vector("jumio/initiate").of("config").toString())

private fun opened(account: Account) =
    Run(account, obj("flow" to "jumio_authentication", "enrollment_transaction_reference" to ENROLLMENT))

/** A session with its page shown. */
private fun live(account: Account): Run {
    val url = "https://netverify.com/web/v4/app?authorizationToken=t&locale=de"
    val run = opened(account)
    run.answer(
        "jumio.initiate", 200,
        obj("timestamp" to "2024-01-02T03:04:05.678Z", "transactionReference" to REFERENCE, "redirectUrl" to url),
    )
    return run
}

private fun initiate(name: String) {
    for (case in rows(name)) {
        checkOpened(someJumio(), case["request"].toString(), T0, case) { sent ->
            val body = sent.text("callbackUrl")?.let { url ->
                assertTrue(url.length <= 255)
                sent.with("callbackUrl" to url.replace(Regex("/[0-9a-f]{32}$"), "/<secret>"))
            } ?: sent
            case["body"]?.let { assertEquals(it, body, case.text("id")) }
        }
    }
}

private fun prefix(name: String) {
    for (case in rows(name)) {
        val config = obj(
            "provider" to "jumio", "region" to "us", "api_token" to "t", "api_secret" to "s", "callback" to "portal",
            "user_agent" to "Example Corp SampleApp/1.0.1", "domain_prefix" to case["prefix"],
        )
        assertEquals("domain_prefix_invalid".takeUnless { case.flag("accept") }, codeOf { account(config) }, case.text("id"))
    }
}

private fun returns(name: String) {
    for (case in rows(name)) {
        val input = Input.Redirect(case.must("url"))
        checkReference(someJumio(), input, case.text("reference"), case.text("code"), case.text("id"))
    }
}

private fun jumioCallback(name: String) {
    for (case in rows(name)) {
        val body = case.must("body").padEnd(case.long("pad_to")?.toInt() ?: 0, 'a').encodeToByteArray()
        val type = case.text("content_type") ?: "application/x-www-form-urlencoded"
        // Genuine, but of another product of the same account: nobody's.
        val code = case.text("code").takeUnless { it == "callback_of_other_product" }
        val input = Input.Callback("/cb", listOf(Header("Content-Type", type)), body)
        checkReference(someJumio(), input, case.text("reference"), code, case.text("id"))
    }
}

private fun errors(name: String) {
    for (case in rows(name)) {
        val place = case.text("id")
        val operation = case.must("at")
        val run = if (operation == "jumio.initiate") opened(configured(name)) else live(configured(name))
        val headers = case.list("headers").map { pair ->
            val (header, value) = (pair as JsonArray).map { it.jsonPrimitive.content }
            Header(header, value)
        }
        run.answer(operation, case.must("status").toInt(), case["body"], headers)
        val step = run.next()
        assertEquals(case.flag("ends"), step is Next.Done, place)
        val fault = if (step is Next.Done) toWire((step.outcome as Outcome.Failed).fault) else run.fault()!!
        checkMembers(case.of("fault")!!.jsonObject, fault, place)
        assertEquals(headers.firstOrNull()?.value, fault.text("trace_id"), place)
    }
}

private fun poll(name: String) {
    for (case in rows(name)) {
        val run = live(configured(name, "callback" to case["callback"], "options" to (case.of("options") ?: obj())))
        val said = obj(
            "authorizationToken" to "t", "transactionReference" to REFERENCE, "eventType" to 510,
            "payload" to obj("value" to "success"),
        )
        run.see(Seen.Message("https://netverify.com", said.toString()))
        val base = run.now
        val started = obj(
            "transactionReference" to REFERENCE, "enrollmentTransactionReference" to ENROLLMENT,
            "transactionResult" to "STARTED",
        )
        val looks = case.some("offsets").map {
            run.answer("jumio.retrieve", 200, started)
            (run.now - base) / 1000
        }
        assertEquals(case.list("offsets").map { (it as JsonPrimitive).long }, looks, case.text("id"))
    }
}

private fun delete(name: String) {
    for (case in rows(name)) {
        val run = live(configured(name))
        run.tell(Input.Erase(true))
        for (status in case.some("statuses")) run.answer("jumio.delete", status.jsonPrimitive.content.toInt(), "")
        when (val report = (run.next() as Next.Done).erasure!!.atProvider) {
            is AtProvider.Deleted -> assertEquals(case.long("deleted"), report.count.toLong(), case.text("id"))
            is AtProvider.Failed -> {
                assertEquals("http_status", report.fault.code.toString(), case.text("id"))
                assertEquals(case.long("failed"), report.fault.status?.toLong(), case.text("id"))
            }
            else -> error("${case.text("id")}: $report")
        }
    }
}

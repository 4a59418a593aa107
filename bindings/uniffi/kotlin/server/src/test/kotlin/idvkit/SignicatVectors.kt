// Signicat: orders, requests, tokens, processes, redirects and callbacks.

package idvkit

import idvkit.types.FaultClass
import idvkit.types.Header
import idvkit.types.Image
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import java.io.ByteArrayOutputStream
import java.io.DataOutputStream

val SIGNICAT: Map<String, (String) -> Unit> = mapOf(
    "signicat/orders" to ::orders,
    "signicat/requests" to ::requests,
    "signicat/redirect" to ::redirect,
    "signicat/callback" to ::signicatCallback,
    "signicat/token" to ::token,
    "signicat/process" to ::process,
)

private const val DOSSIER = "33333333-3333-4333-8333-333333333333"
private const val PROCESS = "44444444-4444-4444-8444-444444444444"
private val TOKEN = obj("access_token" to "tok-1", "expires_in" to 600, "token_type" to "Bearer")
private val PAPER = obj("flow" to "signicat_document_verification", "provider" to "signicatpaper")
private val NOTIFICATION = "notification" to obj(
    "url" to "https://merchant.example/n",
    "authorization_header" to "Bearer abc",
    "previous_authorization_headers" to listOf("Bearer old"),
)

private fun someSignicat(vararg more: Pair<String, Any?>): Account = account(
    obj("provider" to "signicat", "client_id" to "client", "client_secret" to "secret",
        "redirect_url" to "https://merchant.example/back").with(*more),
)

private fun requestOf(row: JsonObject): String {
    val (flow, request) = row.of("flow")!!.jsonObject.entries.single()
    return request.jsonObject.with("flow" to "signicat_$flow").toString()
}

private fun orders(name: String) {
    for (row in rows(name)) {
        val options = obj("allow_unknown_provider" to row.flag("allow_unknown_provider"))
        val account = someSignicat("redirect_url" to null, "options" to options)
        assertEquals(row.text("error"), codeOf { Session.open(account, requestOf(row), SEED, T0) }, row.text("id"))
    }
}

private fun requests(name: String) {
    for (row in rows(name)) {
        val account = if (row.flag("notification")) someSignicat(NOTIFICATION) else someSignicat()
        val run = Run(account, parse(requestOf(row)).jsonObject)
        while (run.due().operation != row.text("operation")) {
            when (val operation = run.due().operation) {
                "signicat.token" -> run.answer(operation, 200, TOKEN)
                "signicat.create_dossier" -> run.answer(operation, 200, obj("dossierId" to DOSSIER))
                else -> error("${row.text("id")}: $operation")
            }
        }
        val sent = run.due()
        assertEquals(row.text("method"), sent.method.name, row.text("id"))
        assertEquals("https://api.signicat.com" + row.text("path"), sent.url, row.text("id"))
        assertEquals(row["body"], parse(sent.body!!.decodeToString()), row.text("id"))
    }
}

private fun redirect(name: String) {
    for (row in rows(name)) {
        val input = Input.Redirect(row.must("url"))
        checkReference(someSignicat(), input, row.text("dossier"), row.text("error"), row.text("id"))
    }
}

private fun signicatCallback(name: String) {
    for (row in rows(name)) {
        val headers = listOfNotNull(row.text("authorization")?.let { Header("AUTHORIZATION", it) })
        val input = Input.Callback("/n", headers, row.must("body").encodeToByteArray())
        checkReference(someSignicat(NOTIFICATION), input, row.text("reference"), row.text("error"), row.text("id"))
    }
}

private fun token(name: String) {
    for (row in rows(name)) {
        when (val kind = row.must("kind")) {
            "request" -> tokenRequest(row)
            "answer" -> continue // it has no call of its own yet
            "refusal" -> tokenRefusal(row)
            "life" -> tokenLife(row)
            else -> error("no kind $kind")
        }
    }
}

private fun tokenRequest(row: JsonObject) {
    val request = Run(someSignicat("profile" to row["profile"]), PAPER).due()
    assertEquals(row.text("url") to row.text("form"), request.url to request.body?.decodeToString(), row.text("id"))
    val authorization = request.headers.find { it.name == "Authorization" }?.value
    assertEquals(row.text("authorization"), authorization, row.text("id"))
    assertEquals(null to 570_000L, request.cache?.refused to request.cache?.maxAgeMs, row.text("id"))
}

private fun tokenRefusal(row: JsonObject) {
    val run = Run(someSignicat(), PAPER)
    run.answer("signicat.token", row.must("status").toInt(), row["body"])
    val fault = (run.outcome() as Outcome.Failed).fault
    assertEquals(row.text("provider_code"), fault.providerCode, row.text("id"))
    assertFalse(fault.retryable, row.text("id"))
    assertEquals(FaultClass.AUTHORIZATION, fault.`class`, row.text("id"))
}

/** The last moment at which a token is used for another request, and the first at which a new one is asked for. */
private fun tokenLife(row: JsonObject) {
    val usable = row.long("usable_ms")!!
    for ((at, operation) in listOf(usable - 1 to "signicat.create_process", usable to "signicat.token")) {
        if (at < 0) continue
        val run = Run(someSignicat("options" to obj("token_skew_ms" to row["skew_ms"])), PAPER)
        run.answer("signicat.token", 200, obj("access_token" to "t", "expires_in" to row["expires_in"]))
        val request = run.due()
        run.now += at
        run.tell(Input.HttpResponse(request.id, 201u, emptyList(), wire(obj("dossierId" to DOSSIER))))
        assertEquals(operation, (run.next() as Next.Send).request.operation, "${row.text("id")} at $at")
    }
}

private fun process(name: String) {
    for (row in rows(name)) {
        val place = row.text("id")
        val run = verified(row.getValue("body"))
        assertEquals(row.text("outcome"), cameTo(run), place)
        val evidence = run.session.evidence()
        assertEquals(row.flag("final"), evidence != null, place)
        if (evidence == null) continue
        assertEquals(row.of("person") == null, evidence.person == null, place)
        evidence.person?.let { checkMembers(row.of("person")!!.jsonObject, claims(it), place) }
    }
}

/** A session whose process says this at the first look. */
private fun verified(answer: JsonElement): Run {
    val run = Run(someSignicat(), PAPER)
    serve(run, "create_dossier", 201, obj("dossierId" to DOSSIER))
    serve(run, "create_process", 201, obj("processId" to PROCESS, "provider" to "signicatpaper", "status" to "pending"))
    run.tell(Input.Images(listOf(Image("front", png()))))
    serve(run, "set_images", 200, "")
    serve(run, "start", 200, "")
    serve(run, "get_process", 200, answer)
    return run
}

/** As much of an image as tells its kind and size. */
private fun png(): ByteArray {
    val bytes = ByteArrayOutputStream()
    DataOutputStream(bytes).run {
        write(byteArrayOf(0x89.toByte(), 'P'.code.toByte(), 'N'.code.toByte(), 'G'.code.toByte(), 13, 10, 26, 10))
        writeInt(13)
        writeBytes("IHDR")
        writeInt(10)
        writeInt(10)
        write(byteArrayOf(8, 2, 0, 0, 0))
    }
    return bytes.toByteArray()
}

/** Answers this; tokens on the way, as a host with a cache would. */
private fun serve(run: Run, operation: String, status: Int, body: Any) {
    while (run.due().operation == "signicat.token") run.answer("signicat.token", 200, TOKEN)
    run.answer("signicat.$operation", status, body)
}

private fun cameTo(run: Run): String? {
    val step = run.next()
    if (step is Next.Wait) return null
    return when (val outcome = (step as Next.Done).outcome) {
        is Outcome.Decided -> outcome.decision.name.lowercase()
        is Outcome.Abandoned -> "abandoned"
        is Outcome.Failed -> "failed".also { assertEquals("process_failed", outcome.fault.code.toString()) }
        Outcome.Expired -> "expired"
    }
}

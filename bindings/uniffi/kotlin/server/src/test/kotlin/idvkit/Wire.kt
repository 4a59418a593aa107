// The form of transcripts: what a session is told, and what it says.

package idvkit

import idvkit.types.AtProvider
import idvkit.types.Delivery
import idvkit.types.Erasure
import idvkit.types.Fault
import idvkit.types.Header
import idvkit.types.HttpRequest
import idvkit.types.Image
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Seen
import idvkit.types.Why
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.util.Base64

/** `first` stands for `$id`. */
fun toInput(wire: JsonElement, first: String = ""): Input = when (val type = wire.must("type")) {
    "http_response" ->
        Input.HttpResponse(idOf(wire, first), wire.must("status").toUShort(), headersOf(wire), bytesOf(wire.of("body")!!))
    "http_failed" -> Input.HttpFailed(idOf(wire, first))
    "sending" -> Input.Sending(idOf(wire, first))
    "hint" -> Input.Hint(wire.must("text"))
    "redirect" -> Input.Redirect(wire.must("url"))
    "callback" -> Input.Callback(wire.must("url"), headersOf(wire), bytesOf(wire.of("body")!!))
    "images" -> Input.Images(wire.list("images").map { Image(it.must("slot"), bytesOf(it.of("bytes")!!)) })
    "retry" -> Input.Retry
    "erase" -> Input.Erase(wire.flag("at_provider"))
    else -> error("no input $type")
}

fun toSeen(wire: JsonElement): Seen = when (val type = wire.must("type")) {
    "navigation" -> Seen.Navigation(wire.must("url"))
    "message" -> Seen.Message(wire.must("origin"), wire.must("data"))
    "event" -> Seen.Event(wire.must("name"), wire.must("data"))
    "closed" -> Seen.Closed
    else -> error("nothing seen is $type")
}

fun toWire(next: Next): JsonElement = when (next) {
    is Next.Send -> obj("type" to "send", "request" to toWire(next.request))
    is Next.Present -> obj("type" to "present", "journey" to parse(next.journey.toJson()), "until" to next.until)
    is Next.Wait -> obj("type" to "wait", "until" to next.until, "why" to toWire(next.why))
    is Next.Done ->
        obj("type" to "done", "outcome" to parse(next.outcome.toJson()), "erasure" to next.erasure?.let(::toWire))
}

fun toWire(fault: Fault): JsonElement = parse(Outcome.Failed(fault).toJson()).of("fault")!!

fun toWire(delivery: Delivery): JsonElement = obj(
    "id" to delivery.id,
    "replaces" to delivery.replaces,
    "failures" to delivery.failures.toLong(),
    "due" to delivery.due,
)

private fun toWire(request: HttpRequest): JsonElement = obj(
    "id" to request.id,
    "operation" to request.operation,
    "method" to request.method.name,
    "url" to request.url,
    "headers" to request.headers.map { listOf(it.name, it.value) },
    "body" to request.body?.let(::toWire),
    "timeout_ms" to request.timeoutMs.toLong(),
    "idempotent" to request.idempotent,
    "cache" to request.cache?.let { obj("key" to it.key, "max_age_ms" to it.maxAgeMs, "refused" to it.refused) },
)

private fun toWire(body: ByteArray): JsonObject {
    val text = body.decodeToString()
    val isText = text.encodeToByteArray().contentEquals(body)
    return if (isText) obj("text" to text) else obj("base64" to Base64.getEncoder().encodeToString(body))
}

private fun toWire(why: Why): JsonElement = when (why) {
    Why.InFlight -> obj("type" to "in_flight")
    Why.Verdict -> obj("type" to "verdict")
    is Why.Backoff -> obj("type" to "backoff", "fault" to toWire(why.fault))
    is Why.Throttled -> obj("type" to "throttled", "fault" to toWire(why.fault))
    is Why.Blobs -> obj("type" to "blobs", "digests" to why.digests)
}

private fun toWire(erasure: Erasure): JsonElement = obj(
    "at_provider" to when (val report = erasure.atProvider) {
        AtProvider.NotAsked -> obj("type" to "not_asked")
        AtProvider.NotOffered -> obj("type" to "not_offered")
        is AtProvider.Deleted -> obj("type" to "deleted", "count" to report.count.toLong())
        is AtProvider.Failed -> obj("type" to "failed", "fault" to toWire(report.fault))
    },
)

private fun idOf(wire: JsonElement, first: String): String = wire.must("id").let { if (it == "\$id") first else it }

private fun headersOf(wire: JsonElement): List<Header> = wire.list("headers").map { pair ->
    val (name, value) = (pair as JsonArray).map { it.jsonPrimitive.content }
    Header(name, value)
}

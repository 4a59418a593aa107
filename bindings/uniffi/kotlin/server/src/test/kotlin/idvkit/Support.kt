// What several tests need: the vectors, JSON, and sessions that are restored before each step.

package idvkit

import idvkit.types.Header
import idvkit.types.HttpRequest
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Seen
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import java.io.File

val VECTORS = File(System.getProperty("idvkit.vectors"))
const val T0 = 1_767_225_600_000
val SEED = ByteArray(32) { it.toByte() }

fun vector(name: String): JsonElement = parse(VECTORS.resolve("$name.json").readText())

/** The cases of a file of vectors. */
fun rows(name: String): List<JsonObject> {
    val file = vector(name)
    val cases = file as? JsonArray ?: file.some("cases")
    check(cases.isNotEmpty()) { "$name has no vectors" }
    return cases.map { it as JsonObject }
}

fun parse(text: String): JsonElement = Json.parseToJsonElement(text)

/** An object of values as they come: texts, numbers, flags, lists, maps, JSON. */
fun obj(vararg members: Pair<String, Any?>): JsonObject = JsonObject(members.associate { it.first to json(it.second) })

fun json(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is String -> JsonPrimitive(value)
    is Number -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is List<*> -> JsonArray(value.map(::json))
    else -> error("no JSON for ${value.javaClass}")
}

fun JsonObject.with(vararg members: Pair<String, Any?>): JsonObject = JsonObject(this + obj(*members))

/** A member as text; `null` if it is not there, or null. */
fun JsonElement.text(name: String): String? = (of(name) as? JsonPrimitive)?.contentOrNull

fun JsonElement.must(name: String): String = checkNotNull(text(name)) { "no member $name" }

fun JsonElement.long(name: String): Long? = text(name)?.toLong()

fun JsonElement.flag(name: String): Boolean = text(name).toBoolean()

/** A member; `null` if it is not there, or null. */
fun JsonElement.of(name: String): JsonElement? = (this as? JsonObject)?.get(name)?.takeIf { it !is JsonNull }

fun JsonElement.list(name: String): List<JsonElement> = of(name) as? JsonArray ?: emptyList()

/** A list that holds something: a loop over it does run. */
fun JsonElement.some(name: String): List<JsonElement> =
    list(name).also { check(it.isNotEmpty()) { "there is nothing in $name" } }

/** Bytes as transcripts write them. */
fun bytesOf(wire: JsonElement): ByteArray =
    wire.text("text")?.encodeToByteArray() ?: java.util.Base64.getDecoder().decode(wire.must("base64"))

/** The code with which a call is refused, if it is. */
inline fun codeOf(call: () -> Unit): String? = try {
    call()
    null
} catch (reject: Reject) {
    reject.code.toString()
}

fun account(config: JsonObject): Account = Account(config.toString())

/** A stored session, with the images that a store has beside it. */
fun restored(account: Account, snapshot: String, images: List<ByteArray>): Session =
    Session.restore(account, snapshot).also { images.forEach(it::supply) }

/** A session fed with a vector's bytes, and its clock. */
class Run(private val account: Account, request: JsonObject, var now: Long = T0) {
    var session: Session = Session.open(account, request.toString(), SEED, now)
        private set

    fun next(): Next {
        session = restored(account, session.snapshot(), session.blobs().map { it.bytes })
        return session.next(now)
    }

    fun tell(input: Input) = session.handle(input, now)

    /** Time passes until something is due. */
    fun untilDue() {
        val until = when (val step = next()) {
            is Next.Wait -> step.until
            is Next.Present -> step.until
            else -> error("nothing to wait for: $step")
        }
        check(until >= now)
        now = until
    }

    /** The request that is due now, or next. */
    fun due(): HttpRequest {
        while (true) {
            val step = next()
            if (step is Next.Send) return step.request
            untilDue()
        }
    }

    /** Answers it: with text as it is, anything else as JSON. */
    fun answer(operation: String, status: Int, body: Any?, headers: List<Header> = emptyList()) {
        val request = due()
        assertEquals(operation, request.operation)
        if (!request.idempotent) tell(Input.Sending(request.id))
        tell(Input.HttpResponse(request.id, status.toUShort(), headers, wire(body)))
    }

    fun see(seen: Seen) {
        val step = next() as Next.Present
        tell(Input.Hint(checkNotNull(read(step.journey, seen))))
    }

    fun outcome(): Outcome = (next() as Next.Done).outcome

    /** What the last answer counted as. A short back-off may hide behind the plan's gap, so `next` does not always say. */
    fun fault(): JsonElement? = parse(session.snapshot()).of("session")?.of("call")?.of("fault")
}

fun wire(body: Any?): ByteArray = when (body) {
    is ByteArray -> body
    is String -> body.encodeToByteArray()
    is JsonPrimitive -> if (body.isString) body.content.encodeToByteArray() else body.toString().encodeToByteArray()
    else -> json(body).toString().encodeToByteArray()
}

fun checkReference(account: Account, input: Input, reference: String?, code: String?, case: String?) {
    try {
        assertEquals(reference, account.referenceOf(input, T0), case)
        assertEquals(code, null, case)
    } catch (reject: Reject) {
        assertEquals(code, reject.code.toString(), case)
    }
}

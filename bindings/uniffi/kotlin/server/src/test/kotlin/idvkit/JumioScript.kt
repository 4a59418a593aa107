package idvkit

import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Way
import kotlinx.serialization.json.JsonElement
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.util.Base64

/** The scripts among the vectors: sessions against the sandbox, and the provider's API beside them. */
class JumioScript {
    private var atMs = 0L
    private val account = account(Shops.jumio())
    private val made = mutableMapOf<String, Session>()
    private val http = HttpClient.newHttpClient()

    fun follow(script: JsonElement) {
        Sandbox.reset()
        if (script.of("steps") != null) {
            for (step in script.some("steps")) assertEquals(step.text("expect"), take(step)?.toString(), "$step")
            return
        }
        val answer = call(script.must("method"), script.must("path"))
        assertEquals(404, answer.statusCode())
        assertEquals(36, answer.headers().firstValue("x-trackingid").get().length)
        val body = parse(answer.body())
        assertEquals("404", body.text("httpStatus"))
        assertTrue(body.must("message").isNotEmpty() && body.must("requestURI").endsWith(script.must("path")))
    }

    private fun take(step: JsonElement): Any? {
        val due = step.long("at_ms")!!
        if (due > atMs) Sandbox.advance(due - atMs)
        atMs = maxOf(atMs, due)
        if (step.text("act") == "initiate") return initiate(step)
        val session = made.getValue(step.must("name"))
        val reference = session.references().first()
        return when (val act = step.must("act")) {
            "result" -> parse(call("GET", reference).body()).text("transactionResult")
            "image" -> call("GET", "$reference/images/face", "image/png, image/jpeg").statusCode()
            "get", "delete" -> call(act.uppercase(), reference).statusCode()
            else -> page(session, act)
        }
    }

    private fun initiate(step: JsonElement): Nothing? {
        val request = step.of("lifetime_minutes")?.let { Shops.JUMIO_REQUEST.with("token_lifetime_minutes" to it) }
        val session = Session.open(account, (request ?: Shops.JUMIO_REQUEST).toString(), SEED, Sandbox.now())
        val asked = (session.next(Sandbox.now()) as Next.Send).request
        val answer = checkNotNull(sender(http).send(asked))
        session.handle(Input.HttpResponse(asked.id, answer.status, answer.headers, answer.body), Sandbox.now())
        made[step.must("name")] = session
        return null
    }

    /** The page is shown all the time: `next` is asked at the moment when it was. */
    private fun page(session: Session, act: String): Nothing? {
        val shown = session.next(T0) as Next.Present
        val link = shown.journey.ways.firstNotNullOf { it as? Way.Redirect }.url
        if (act == "open") {
            assertEquals(200, http.send(HttpRequest.newBuilder(URI(link)).build(), BodyHandlers.discarding()).statusCode())
            return null
        }
        assertEquals("finish", act)
        val token = link.substringAfter("authorizationToken=").substringBefore('&')
        val form = HttpRequest.newBuilder(URI(link.substringBefore('?')))
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("authorizationToken=$token&action=acceptable"))
        assertTrue(http.send(form.build(), BodyHandlers.discarding()).statusCode() < 400)
        return null
    }

    private fun call(method: String, path: String, accept: String = "application/json"): HttpResponse<String> {
        val basic = Base64.getEncoder().encodeToString("sandbox-jumio-token:sandbox-jumio-secret".encodeToByteArray())
        val request = HttpRequest.newBuilder(URI("${Sandbox.url}/jumio/us/api/netverify/v2/authentications/$path"))
            .header("User-Agent", "Example Corp SampleApp/1.0.1").header("Accept", accept)
            .header("Authorization", "Basic $basic").method(method, BodyPublishers.noBody())
        return http.send(request.build(), BodyHandlers.ofString())
    }
}

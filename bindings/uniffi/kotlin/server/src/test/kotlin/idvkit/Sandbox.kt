// The sandbox as a process, and a user with a browser.

package idvkit

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers

/** The program `idvkit sandbox`. Its clock stands still until told to advance. */
object Sandbox {
    private val process: Process = ProcessBuilder(System.getProperty("idvkit.program"), "sandbox", "--quiet", "--listen", "127.0.0.1:0")
        .redirectError(ProcessBuilder.Redirect.INHERIT).start()
        .also { Runtime.getRuntime().addShutdownHook(Thread(it::destroy)) }
    private val http: HttpClient = HttpClient.newHttpClient()

    /** Where it listens. */
    val url: String = process.inputStream.bufferedReader().lineSequence()
        .first { it.startsWith("The sandbox listens on ") }.substringAfter("on ").trim()

    fun now(): Long = control("clock")!!.long("now")!!

    /** Returns when all that fell due has happened. */
    fun advance(millis: Long) {
        control("clock", obj("advance_ms" to millis))
    }

    /** Forgets everything. */
    fun reset() {
        control("reset", obj())
    }

    fun control(path: String, body: JsonObject? = null): JsonElement? {
        val request = HttpRequest.newBuilder(URI("$url/_sandbox/$path")).header("content-type", "application/json")
        if (body != null) request.POST(BodyPublishers.ofString(body.toString()))
        val answer = http.send(request.build(), BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$path: ${answer.statusCode()}" }
        return answer.body().takeIf { it.isNotEmpty() }?.let(::parse)
    }
}

/** Loads pages and presses buttons. It knows HTML, and nothing about a provider. */
class Browser {
    private val http: HttpClient = HttpClient.newHttpClient()
    var url: String = ""
        private set
    var html: String = ""
        private set

    /** Opens a page. A redirect to another site than the sandbox is where the user left to. */
    fun open(url: String): String? = land(http.send(HttpRequest.newBuilder(URI(url)).build(), BodyHandlers.ofString()))

    fun press(button: String, vararg fields: Pair<String, String>): String? {
        val form = checkNotNull(Regex("<form[^>]*>.*?</form>", RegexOption.DOT_MATCHES_ALL).find(html)) { "no form: $html" }.value
        val action = Regex("<form[^>]*\\baction=\"([^\"]*)\"").find(form)?.groupValues?.get(1)?.let(::unescape)
        val given = Regex("<input[^>]*>").findAll(form).mapNotNull { tag ->
            attribute(tag.value, "name")?.let { it to (attribute(tag.value, "value") ?: "") }
        }.toMap() + fields + ("action" to button)
        val body = given.entries.joinToString("&") { (name, value) -> encode(name) + "=" + encode(value) }
        val request = HttpRequest.newBuilder(URI(url).resolve(action ?: url))
            .header("content-type", "application/x-www-form-urlencoded").POST(BodyPublishers.ofString(body))
        return land(http.send(request.build(), BodyHandlers.ofString()))
    }

    /** The name and text of what the page hands to scripts. */
    fun data(name: String): List<Pair<String, String>> =
        Regex("<script type=\"application/json\" $name=\"([^\"]*)\">(.*?)</script>", RegexOption.DOT_MATCHES_ALL)
            .findAll(html).map { unescape(it.groupValues[1]) to it.groupValues[2] }.toList()

    private fun land(first: HttpResponse<String>): String? {
        var answer = first
        while (answer.statusCode() in listOf(302, 303, 307)) {
            val target = answer.uri().resolve(answer.headers().firstValue("location").get())
            if (target.port == 3000) return target.toString()
            answer = http.send(HttpRequest.newBuilder(target).build(), BodyHandlers.ofString())
        }
        url = answer.uri().toString()
        html = answer.body()
        return null
    }

    private fun attribute(tag: String, name: String): String? =
        Regex("\\b$name=\"([^\"]*)\"").find(tag)?.groupValues?.get(1)?.let(::unescape)

    private fun encode(text: String): String = URLEncoder.encode(text, Charsets.UTF_8)

    private fun unescape(text: String): String =
        text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

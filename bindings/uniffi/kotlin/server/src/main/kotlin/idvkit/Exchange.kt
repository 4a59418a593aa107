// One request and its answer over java.net.http.

package idvkit

import idvkit.types.Cache
import idvkit.types.Header
import idvkit.types.HttpRequest as Asked
import idvkit.types.Input
import idvkit.types.UnixMillis
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.lang.System.Logger.Level
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodySubscriber
import java.nio.ByteBuffer
import java.time.Duration
import java.util.WeakHashMap
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Flow
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** The largest answer that is read, in bytes. Beyond it, the request counts as failed. */
const val MAX_ANSWER_BYTES: Int = 32 * 1024 * 1024

/** Sends it, or answers from what is kept; says what to tell the session. */
internal fun send(client: HttpClient, request: Asked, clock: Clock): Input {
    val known = request.cache?.takeUnless { it.refresh }?.let { recall(client, it, clock()) }
    if (known != null) return known.toInput(request.id)
    val answer = try {
        exchange(client, request)
    } catch (error: Exception) {
        if (error is InterruptedException) throw error
        // The class only: the text may hold the URL.
        val cause = (error as? ExecutionException)?.cause ?: error
        log.log(Level.WARNING, "{0} got no answer: {1}", request.operation, cause.javaClass.simpleName)
        return Input.HttpFailed(request.id)
    }
    log.log(Level.DEBUG, "{0} answered {1}", request.operation, answer.status)
    request.cache?.let { keep(client, it, answer, clock()) }
    return answer.toInput(request.id)
}

private class Answer(val status: Int, val headers: List<Header>, val body: ByteArray) {
    fun toInput(id: String) = Input.HttpResponse(id, status.toUShort(), headers, body)
}

private class Kept(val until: UnixMillis, val answer: Answer)

private val log = System.getLogger("idvkit")

// Kept answers (access tokens) by client, then by the key that the session names.
private val kept = WeakHashMap<HttpClient, MutableMap<String, Kept>>()

private fun exchange(client: HttpClient, request: Asked): Answer {
    val body = request.body?.let(BodyPublishers::ofByteArray) ?: BodyPublishers.noBody()
    val timeout = request.timeoutMs.toLong()
    val built = HttpRequest.newBuilder(URI(request.url)).method(request.method.name, body).timeout(Duration.ofMillis(timeout))
    request.headers.forEach { built.header(it.name, it.value) }
    val pending = client.sendAsync(built.build()) { Limited() }
    val response = try {
        // The client's own time-out ends with the headers; this one covers the body too.
        pending.get(timeout, TimeUnit.MILLISECONDS)
    } catch (error: TimeoutException) {
        pending.cancel(true)
        throw error
    }
    return Answer(response.statusCode(), headersOf(response), response.body())
}

private fun headersOf(response: HttpResponse<*>): List<Header> =
    response.headers().map().flatMap { (name, values) -> values.map { Header(name, it) } }

/** Collects a body up to the limit. */
private class Limited : BodySubscriber<ByteArray> {
    private val bytes = ByteArrayOutputStream()
    private val done = CompletableFuture<ByteArray>()
    private var subscription: Flow.Subscription? = null

    override fun getBody() = done

    override fun onSubscribe(subscription: Flow.Subscription) {
        this.subscription = subscription
        subscription.request(Long.MAX_VALUE)
    }

    override fun onNext(chunks: List<ByteBuffer>) {
        for (chunk in chunks) {
            if (bytes.size() + chunk.remaining() > MAX_ANSWER_BYTES) {
                subscription?.cancel()
                done.completeExceptionally(IOException("answer too large"))
                return
            }
            bytes.writeBytes(ByteArray(chunk.remaining()).also(chunk::get))
        }
    }

    override fun onError(error: Throwable) {
        done.completeExceptionally(error)
    }

    override fun onComplete() {
        done.complete(bytes.toByteArray())
    }
}

private fun recall(client: HttpClient, cache: Cache, now: UnixMillis): Answer? = synchronized(kept) {
    kept[client]?.get(cache.key)?.takeIf { now < it.until }?.answer
}

private fun keep(client: HttpClient, cache: Cache, answer: Answer, now: UnixMillis) {
    if (answer.status !in 200..299) return
    synchronized(kept) {
        kept.getOrPut(client) { mutableMapOf() }[cache.key] = Kept(now + life(cache, answer), answer)
    }
}

/** `expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter. A token is an opaque text without quotes. */
private fun life(cache: Cache, answer: Answer): Long {
    val seconds = EXPIRES_IN.find(answer.body.decodeToString())?.groupValues?.get(1)?.toLongOrNull() ?: return cache.maxAgeMs
    return minOf(seconds * 1000, cache.maxAgeMs)
}

private val EXPIRES_IN = Regex(""""expires_in"\s*:\s*"?(\d{1,9})\b""")

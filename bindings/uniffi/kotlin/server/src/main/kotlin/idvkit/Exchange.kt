// One request and its answer, over java.net.http or a client of yours.

package idvkit

import idvkit.types.Answer
import idvkit.types.Header
import idvkit.types.HttpRequest as Asked
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
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Flow
import java.util.concurrent.TimeUnit

/** The largest answer that is read, in bytes. Beyond it, the request counts as failed. */
const val MAX_ANSWER_BYTES: Int = 32 * 1024 * 1024

/** Sends a request exactly as it stands, once, and follows no redirect. */
fun interface Exchange {
    /** The answer; `null` if none came within the request's time-out. */
    fun send(request: Asked): Answer?
}

/**
 * Sends over `java.net.http`. It logs operations and statuses, never a URL, to the logger `idvkit`.
 *
 * @throws IllegalArgumentException if the client follows redirects, keeps cookies or authenticates by itself.
 */
fun sender(client: HttpClient = HttpClient.newHttpClient()): Exchange {
    requireFaithful(client)
    return Exchange { fetch(client, it) }
}

internal fun requireFaithful(client: HttpClient) {
    require(client.followRedirects() == HttpClient.Redirect.NEVER) { "pass a client that follows no redirects" }
    require(client.cookieHandler().isEmpty) { "pass a client that keeps no cookies" }
    require(client.authenticator().isEmpty) { "pass a client that does not authenticate by itself" }
}

internal val log: System.Logger = System.getLogger("idvkit")

private fun fetch(client: HttpClient, request: Asked): Answer? = logged(request) {
    val pending = start(client, request)
    try {
        // The client's own time-out ends with the headers; this one covers the body too.
        answerOf(pending.get(request.timeoutMs.toLong(), TimeUnit.MILLISECONDS))
    } finally {
        // Whoever gave it up or was interrupted leaves nothing running; one that came is not touched.
        pending.cancel(true)
    }
}

/** An answer, or `null` and a line in the log. It is inline, so that [exchange] may suspend where the caller may. */
internal inline fun logged(request: Asked, exchange: () -> Answer): Answer? = try {
    exchange().also { log.log(Level.DEBUG, "{0} answered {1}", request.operation, it.status) }
} catch (error: Exception) {
    if (error is InterruptedException || error is CancellationException) throw error
    // The class only: the text may hold the URL.
    val cause = (error as? ExecutionException)?.cause ?: error
    log.log(Level.WARNING, "{0} got no answer: {1}", request.operation, cause.javaClass.simpleName)
    null
}

internal fun start(client: HttpClient, request: Asked): CompletableFuture<HttpResponse<ByteArray>> {
    val body = request.body?.let(BodyPublishers::ofByteArray) ?: BodyPublishers.noBody()
    val timeout = Duration.ofMillis(request.timeoutMs.toLong())
    val built = HttpRequest.newBuilder(URI(request.url)).method(request.method.name, body).timeout(timeout)
    request.headers.forEach { built.header(it.name, it.value) }
    return client.sendAsync(built.build()) { Limited() }
}

internal fun answerOf(response: HttpResponse<ByteArray>): Answer =
    Answer(response.statusCode().toUShort(), headersOf(response), response.body())

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

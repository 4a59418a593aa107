// One request and its answer, over java.net.http or a client of yours.

package idvkit.coroutines

import idvkit.answerOf
import idvkit.logged
import idvkit.requireFaithful
import idvkit.start
import idvkit.types.Answer
import idvkit.types.HttpRequest
import kotlinx.coroutines.future.await
import java.net.http.HttpClient
import java.util.concurrent.TimeUnit

/** Sends a request exactly as it stands, once, and follows no redirect. */
fun interface Exchange {
    /** The answer; `null` if none came within the request's time-out. A cancellation ends the exchange and is thrown. */
    suspend fun send(request: HttpRequest): Answer?
}

/**
 * Sends over `java.net.http`, without a thread that waits. It logs operations and statuses, never a URL, to the logger `idvkit`.
 *
 * @throws IllegalArgumentException if the client follows redirects, keeps cookies or authenticates by itself.
 */
fun sender(client: HttpClient = HttpClient.newHttpClient()): Exchange {
    requireFaithful(client)
    return Exchange { fetch(client, it) }
}

private suspend fun fetch(client: HttpClient, request: HttpRequest): Answer? = logged(request) {
    val pending = start(client, request)
    try {
        // `await` cancels what it waits for, but without ending the exchange: so it gets a copy. The time-out is not that of
        // coroutines, whose clock is a virtual one in tests.
        answerOf(pending.copy().orTimeout(request.timeoutMs.toLong(), TimeUnit.MILLISECONDS).await())
    } finally {
        // Whoever gave it up or was cancelled leaves nothing running; one that came is not touched.
        pending.cancel(true)
    }
}

// Answers that a request allows to be kept: access tokens, shared by all sessions of an account.

package idvkit

import idvkit.types.Cache
import idvkit.types.UnixMillis
import java.net.http.HttpClient
import java.util.WeakHashMap
import java.util.concurrent.locks.ReentrantLock

/** The place of an answer with this key. */
internal fun slot(client: HttpClient, cache: Cache): Slot = synchronized(slots) {
    slots.getOrPut(client) { mutableMapOf() }.getOrPut(cache.key) { Slot() }
}

/** A kept answer. Who fetches it holds the lock, and others wait for what comes. */
internal class Slot {
    private val lock = ReentrantLock()
    private var kept: Kept? = null

    /** The kept answer, or the one that [fetch] brings, which is kept if it is a success. */
    fun answer(cache: Cache, clock: Clock, fetch: () -> Answer?): Answer? {
        lock.lockInterruptibly()
        try {
            val now = clock()
            kept?.takeIf { now < it.until && (cache.refused == null || now - it.since < REFRESH_ONCE_MS) }?.let { return it.answer }
            kept = null
            return fetch()?.also { if (it.status in 200..299) kept = Kept(now, now + life(cache, it), it) }
        } finally {
            lock.unlock()
        }
    }
}

private class Kept(val since: UnixMillis, val until: UnixMillis, val answer: Answer)

// A refused token makes every waiting session ask for a new one: the first of them fetches it for all, as a refresh is answered
// with a token that was fetched less than so many milliseconds ago.
private const val REFRESH_ONCE_MS = 5_000

private val slots = WeakHashMap<HttpClient, MutableMap<String, Slot>>()

/** `expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter. A token is an opaque text without quotes. */
private fun life(cache: Cache, answer: Answer): Long {
    val seconds = EXPIRES_IN.find(answer.body.decodeToString())?.groupValues?.get(1)?.toLongOrNull() ?: return cache.maxAgeMs
    return minOf(seconds * 1000, cache.maxAgeMs)
}

private val EXPIRES_IN = Regex(""""expires_in"\s*:\s*"?(\d{1,9})\b""")

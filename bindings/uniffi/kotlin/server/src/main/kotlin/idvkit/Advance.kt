// Drives a session over java.net.http: I/O, and nothing else.

package idvkit

import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.RejectCode
import java.net.http.HttpClient
import idvkit.types.HttpRequest as Asked

/** One stored session: the row that a worker loads and swaps. */
interface Store {
    /** Loads the session as it is stored now, as an object of its own: whoever called closes it. */
    fun load(): Session

    /** Replaces it if its stored revision is still [expected]; `false` if another worker was first. */
    fun swap(expected: Long, session: Session): Boolean
}

/** Other workers kept changing the session; try again. */
class Conflict : Exception("other workers kept changing the session; try again")

/**
 * Performs what the session asks until the user, a wait or the end is reached, and says which: [Next.Present], [Next.Wait] or
 * [Next.Done].
 *
 * It stores every change with compare-and-swap, so that several workers may drive the same session, and claims and stores a
 * request that must not be sent twice before it is sent. It follows no redirects and repeats nothing by itself. Access tokens
 * are kept per client, and fetched once for all sessions that wait for one. It logs operations, never a URL, to the logger
 * `idvkit`.
 *
 * @throws Reject with `now_out_of_range` if the clock is not in milliseconds.
 * @throws Conflict and whatever the store throws.
 * @throws InterruptedException if the thread is interrupted: the exchange is given up, and counts as in flight.
 * @throws IllegalArgumentException if the client follows redirects, keeps cookies or authenticates by itself.
 */
fun advance(client: HttpClient, store: Store, clock: Clock = systemClock): Next {
    refuseHelpfulClients(client)
    repeat(MAX_CONFLICTS) {
        val request = store.load().use { session ->
            val next = session.next(clock())
            if (next !is Next.Send) return next
            next.request.takeIf { it.idempotent || claimed(session, it, store, clock) }
        }
        if (request != null) unless(RejectCode.STALE) { tell(store, send(client, request, clock), clock) }
    }
    throw Conflict()
}

/**
 * Tells the stored session something: loads, handles, swaps, and does it again if another worker was first.
 *
 * @throws Reject if the session refuses it.
 * @throws Conflict and whatever the store throws.
 */
fun tell(store: Store, input: Input, clock: Clock = systemClock) {
    repeat(MAX_CONFLICTS) {
        store.load().use { session ->
            val before = session.revision()
            session.handle(input, clock())
            if (session.revision() == before || store.swap(before, session)) return
        }
    }
    throw Conflict()
}

/**
 * A store in memory, for tests and programs that live as long as their session. It keeps the snapshot's text, as a database
 * would.
 */
class MemoryStore(private val account: Account, session: Session) : Store {
    private var row = Row(session)

    override fun load(): Session = Session.restore(account, synchronized(this) { row.snapshot })

    @Synchronized
    override fun swap(expected: Long, session: Session): Boolean {
        val first = row.revision == expected
        if (first) row = Row(session)
        return first
    }

    private class Row(session: Session) {
        val revision: Long = session.revision()
        val snapshot: String = session.snapshot()
    }
}

// Each lost swap means that another worker got on.
private const val MAX_CONFLICTS = 100

private fun refuseHelpfulClients(client: HttpClient) {
    require(client.followRedirects() == HttpClient.Redirect.NEVER) { "pass a client that follows no redirects" }
    require(client.cookieHandler().isEmpty) { "pass a client that keeps no cookies" }
    require(client.authenticator().isEmpty) { "pass a client that does not authenticate by itself" }
}

/** Whether this worker may send it: whoever stores the claim first. */
private fun claimed(session: Session, request: Asked, store: Store, clock: Clock): Boolean {
    val before = session.revision()
    val heard = unless(RejectCode.STALE, RejectCode.CLAIMED) { session.handle(Input.Sending(request.id), clock()) }
    return heard && store.swap(before, session)
}

/** Whether it was heard. A refusal with one of these codes means that another worker was first; any other is thrown. */
private inline fun unless(vararg codes: RejectCode, tell: () -> Unit): Boolean = try {
    tell()
    true
} catch (reject: Reject) {
    if (reject.code !in codes) throw reject
    false
}

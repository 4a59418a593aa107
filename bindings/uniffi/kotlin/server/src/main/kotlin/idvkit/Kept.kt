// Answers that a request allows to be kept: access tokens, shared by all sessions of an account.

package idvkit

import idvkit.types.Answer
import idvkit.types.HttpRequest
import java.net.http.HttpClient
import java.util.WeakHashMap
import java.util.concurrent.locks.ReentrantLock

/** What is kept for this client. */
internal fun keptBy(client: HttpClient): Keeper = synchronized(keepers) { keepers.getOrPut(client) { Keeper() } }

/** Keeps tokens. Who fetches one has its turn, and others wait for what comes. */
internal class Keeper {
    private val tokens = Tokens()
    private val turns = mutableMapOf<String, ReentrantLock>()

    /** The kept answer, or the one that [fetch] brings. */
    fun answer(request: HttpRequest, key: String, clock: Clock, fetch: () -> Answer?): Answer? {
        val turn = synchronized(turns) { turns.getOrPut(key) { ReentrantLock() } }
        turn.lockInterruptibly()
        try {
            return tokens.kept(request, clock()) ?: fetch()?.also { tokens.keep(request, it, clock()) }
        } finally {
            turn.unlock()
        }
    }
}

private val keepers = WeakHashMap<HttpClient, Keeper>()

// Drives verifications with suspending functions: the same loop around `Driver` as the blocking client's.

package idvkit.coroutines

import idvkit.Accounts
import idvkit.Clock
import idvkit.Driver
import idvkit.Tokens
import idvkit.Verification
import idvkit.drive
import idvkit.keptOr
import idvkit.log
import idvkit.newSeed
import idvkit.systemClock
import idvkit.types.Answer
import idvkit.types.Ask
import idvkit.types.HttpRequest
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Told
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.lang.System.Logger.Level
import java.util.concurrent.ConcurrentHashMap

/** Acts on an outcome: returns when that is done for good, throws if it is to come again later. */
typealias Act = suspend (Ask.Deliver, Verification) -> Unit

/**
 * Drives verifications with an HTTP client and a store, like [idvkit.Client], and suspends where that one blocks. Several
 * coroutines may use it at once.
 *
 * With [onOutcome], the outcome of whatever is begun here is handed to it, at least once for each `delivery.id`; without,
 * [advance] says it. Every call throws [idvkit.Reject] for what is refused, and whatever the store throws.
 *
 * A call that is cancelled gives its exchange up, which then counts as in flight, and ends the store's transaction before it
 * throws: the stored row is whole, and another call can go on from it. An answer that came is stored first. If [onOutcome] is
 * cancelled, the outcome comes again.
 */
class Client(
    val accounts: Accounts,
    private val store: Store,
    private val exchange: Exchange = sender(),
    private val clock: Clock = systemClock,
    private val onOutcome: Act? = null,
) {
    private val tokens = Tokens()
    private val turns = ConcurrentHashMap<String, Mutex>()

    /**
     * Begins a verification, unless there is one of this key; gives the id of the one or the other. Nothing is sent yet.
     * [plan] is JSON: a request, or a list of steps.
     */
    suspend fun begin(plan: String, key: String): String =
        checkNotNull(heard(Driver.begin(accounts, plan, newSeed(), key, onOutcome != null, clock())))

    /** Does what can be done now, until the user, a wait or the end is reached, and says which. */
    suspend fun advance(id: String): Next = (run(Driver.advance(accounts, id)) as Ask.Rest).next

    /** Tells a verification something. A worker sees to what follows from it. */
    suspend fun tell(id: String, input: Input) {
        run(Driver.tell(accounts, id, input))
    }

    /**
     * Tells a callback or redirect to the verification that it is about, and gives its id; `null` if it belongs to none. [account]
     * names the one that it can be from, if the URL at which it came says so.
     */
    suspend fun hear(input: Input, account: String? = null): String? = heard(Driver.hear(accounts, account, input, clock()))

    /** A verification as it is stored, with its evidence, to look at it; `null` if there is none. */
    suspend fun verification(id: String): Verification? = Driver.inspect(accounts, id).use { driver ->
        finish(driver)
        driver.verification()
    }

    /** The loop: does what a driver asks, until it asks for nothing more, and closes it. */
    suspend fun run(driver: Driver): Ask = driver.use { finish(it) }

    private suspend fun finish(driver: Driver): Ask = driver.drive(clock) { perform(it, driver) }

    /**
     * Performs one request, once, or gives what is kept; `null` if no answer came. For what no verification asks for, such as
     * an image after a decision.
     */
    suspend fun exchange(request: HttpRequest): Answer? = once(request, request.cache?.key)

    private suspend fun once(request: HttpRequest, exclusive: String?): Answer? {
        if (exclusive == null) return exchange.send(request)
        val turn = turns.computeIfAbsent(exclusive) { Mutex() }
        return turn.withLock { tokens.keptOr(request, clock) { exchange.send(request) } }
    }

    private suspend fun perform(ask: Ask, driver: Driver): Told = when (ask) {
        is Ask.Load -> store.load(ask.by, ask.blobs)
        // What is stored has happened: an answer, or an outcome that was acted on. It is not lost to a cancellation.
        is Ask.Store -> withContext(NonCancellable) { Told.Stored(store.store(ask.row, ask.expected, ask.blobs)) }
        is Ask.Exchange -> Told.Exchanged(once(ask.request, ask.exclusive))
        is Ask.Deliver -> Told.Delivered(deliver(ask, driver))
        is Ask.Rest, is Ask.Heard -> error("nothing more is asked for")
    }

    private suspend fun deliver(ask: Ask.Deliver, driver: Driver): Boolean {
        val act = onOutcome ?: return false
        try {
            act(ask, checkNotNull(driver.verification()))
            return true
        } catch (error: Exception) {
            // A cancellation of this call; a time-out inside `onOutcome` is a failure of its own.
            currentCoroutineContext().ensureActive()
            log.log(Level.ERROR, "the outcome of ${ask.id} could not be acted on; it comes again", error)
            return false
        }
    }

    private suspend fun heard(driver: Driver): String? = (run(driver) as Ask.Heard).id
}

// With suspending functions: the example of the README.

// [coroutines]
import idvkit.Accounts
import idvkit.Clock
import idvkit.Store
import idvkit.coroutines.Client
import idvkit.coroutines.asSuspending
import idvkit.types.Next
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** A worker: goes on with every verification that is due, all at once. `act` gets each outcome, again until it returns. */
suspend fun work(accounts: Accounts, store: Store, due: List<String>, clock: Clock, act: suspend (String) -> Unit) {
    val client = Client(accounts, store.asSuspending(), clock = clock, onOutcome = { ended, _ -> act(ended.key) })
    coroutineScope {
        for (id in due) launch {
            when (val next = client.advance(id)) {
                is Next.Done -> println("$id has ended")
                is Next.Wait -> println("$id waits until ${next.until}")
                is Next.Present -> println("$id waits for its user")
                is Next.Send -> error("`advance` sends everything that is to be sent")
            }
        }
    }
}
// [/coroutines]

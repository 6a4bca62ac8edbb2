package dev.spillway.server.demo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Clients that do the same thing at the same time, each on a virtual thread of its own. Used by one thread, which blocks:
 * {@link #connect}, {@link #work}, {@link #awaitEnd}, {@link #close}.
 */
final class Crowd implements AutoCloseable {
    private final Tally tally = new Tally();
    private final List<Client> clients;
    private CountDownLatch busy = new CountDownLatch(0);

    Crowd(int size, String url) {
        this.clients = IntStream.rangeClosed(1, size)
                .mapToObj(id -> new Client(id, url, tally))
                .toList();
    }

    Tally tally() {
        return tally;
    }

    /** All at once; returns when each is connected or refused. Those connected stay so, as applications do. */
    void connect() throws InterruptedException {
        onEach(Client::connect);
        busy.await();
    }

    int connected() {
        return (int) clients.stream().filter(Client::isConnected).count();
    }

    /** Lets all that are connected run transactions for {@code duration}, and at least one each; does not wait. */
    void work(Duration duration) {
        long deadlineNanos = System.nanoTime() + duration.toNanos();
        onEach(client -> client.work(deadlineNanos));
    }

    /** Whether all have ended their work, after waiting for it up to {@code limit}. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return busy.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void onEach(Consumer<Client> action) {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(clients.size());
        for (Client client : clients) {
            Thread.startVirtualThread(() -> {
                try {
                    gate.await();
                    action.accept(client);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    left.countDown();
                }
            });
        }
        busy = left;
        gate.countDown();
    }

    @Override
    public void close() {
        onEach(Client::close);
        try {
            busy.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // they close without being watched
        }
    }
}

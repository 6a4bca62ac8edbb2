package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** No client waits longer than others because of the lane it landed on. */
class FairnessIT {
    private static final int LANES = 4;
    private static final int FEW = 4;
    private static final int MANY = 16;
    private static final Duration RUN = Duration.ofSeconds(Boolean.getBoolean("spillway.test.thorough") ? 20 : 3);

    /** Connections are accepted by the lanes in turn: the number of a client tells its lane. */
    private record Client(int number, WireClient connection) {
        int lane() {
            return number % LANES;
        }
    }

    private record Result(int number, int lane, int answers, double meanMillis) {}

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void oneFloodedLaneStarvesNobody(int poolSize) throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                        .with(Settings.LANES, LANES));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Client> clients = clients(direct.withPort(proxy.proxy().port()));
            long endNanos = System.nanoTime() + RUN.toNanos();
            List<Future<Result>> running = clients.stream()
                    .map(client -> threads.submit(() -> askUntil(client, endNanos)))
                    .toList();
            List<Result> results = new ArrayList<>();
            for (Future<Result> one : running) {
                results.add(one.get());
            }
            judge(poolSize, results);
            for (Client client : clients) {
                client.connection().close();
            }
        }
    }

    /** {@value #MANY} on the first lane, {@value #FEW} on each of the others. */
    private static List<Client> clients(Endpoint through) throws IOException {
        List<Client> clients = new ArrayList<>();
        for (int number = 0; number < LANES * MANY; number++) {
            WireClient connection = WireClient.connect(through);
            if (number % LANES == 0 || number < LANES * FEW) {
                clients.add(new Client(number, connection));
            } else {
                connection.close();
            }
        }
        return clients;
    }

    private static Result askUntil(Client client, long endNanos) throws IOException {
        long startNanos = System.nanoTime();
        int answers = 0;
        do {
            client.connection().query("select pg_sleep(0.001)");
            answers++;
        } while (System.nanoTime() - endNanos < 0);
        return new Result(client.number(), client.lane(), answers, (System.nanoTime() - startNanos) / 1e6 / answers);
    }

    private static void judge(int poolSize, List<Result> results) {
        String table = results.stream().collect(Collectors.groupingBy(Result::lane)).entrySet().stream()
                .map(lane -> "lane %d: %2d clients, mean wait and answer %6.2f to %6.2f ms"
                        .formatted(
                                lane.getKey(), lane.getValue().size(), least(lane.getValue()), most(lane.getValue())))
                .collect(Collectors.joining("\n  ", "pool size " + poolSize + "\n  ", ""));
        LoggerFactory.getLogger(FairnessIT.class).info("{}", table);
        assertThat(most(results) / least(results))
                .as("worst client's mean in best client's means; %s", table)
                .isLessThanOrEqualTo(2);
    }

    private static double least(List<Result> results) {
        return results.stream()
                .min(Comparator.comparingDouble(Result::meanMillis))
                .orElseThrow()
                .meanMillis();
    }

    private static double most(List<Result> results) {
        return results.stream()
                .max(Comparator.comparingDouble(Result::meanMillis))
                .orElseThrow()
                .meanMillis();
    }
}

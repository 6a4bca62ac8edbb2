package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tenants who say who they are in each of the ways there are, on four servers: each sees its rows, all of them and no other. */
class RowSecurityIT {
    private static final int TENANTS = 100;
    private static final int ROUNDS = Integer.getInteger("spillway.test.rounds", 12);

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong seen = new AtomicLong();

    @BeforeAll
    static void createTable() {
        PostgresFixture.shared().execute("""
            drop schema if exists tenancy cascade;
            create schema tenancy;
            grant usage on schema tenancy to public;
            do $$ begin
                for i in 0..99 loop
                    if not exists (select from pg_roles where rolname = 'tenant_' || i) then
                        execute 'create role tenant_' || i;
                    end if;
                    execute 'grant tenant_' || i || ' to plain_user';
                end loop;
            end $$;
            create table tenancy.rows (tenant text, v int);
            insert into tenancy.rows select 'tenant_' || t, v from generate_series(0, 99) t, generate_series(1, 3) v;
            alter table tenancy.rows enable row level security;
            create policy own on tenancy.rows using (tenant = current_user or tenant = current_setting('app.tenant', true));
            grant select on tenancy.rows to public;
            """);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void tenantsSeeTheirRowsAlone(int lanes) throws Exception {
        ProxyConfig config =
                RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 4).with(Settings.LANES, lanes);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint plain =
                    new Endpoint(direct.host(), proxy.proxy().port(), PostgresFixture.PLAIN_USER, direct.database());
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < TENANTS; i++) {
                int tenant = i;
                threads.add(Thread.ofVirtual().start(() -> work(plain, tenant)));
            }
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(60));
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).hasValue((long) TENANTS * ROUNDS);
    }

    private void work(Endpoint endpoint, int number) {
        String tenant = "tenant_" + number;
        try (WireClient client = WireClient.connect(endpoint)) {
            client.timeout(Duration.ofSeconds(50));
            switch (number % 5) {
                case 0 -> client.query("set role " + tenant);
                case 1 -> client.query("select set_config('app.tenant', '" + tenant + "', false)");
                case 2 -> client.query("set app.tenant = '" + tenant + "'");
                default -> {
                    // says so in each transaction
                }
            }
            for (int round = 0; round < ROUNDS; round++) {
                look(client, number, tenant);
            }
        } catch (IOException e) {
            wrong.add(tenant + ": " + e);
        }
    }

    private void look(WireClient client, int number, String tenant) throws IOException {
        String rows = "select tenant from tenancy.rows";
        switch (number % 5) {
            case 3 -> client.send(Messages.query("begin; set local role " + tenant + "; " + rows + "; commit"));
            case 4 ->
                client.send(
                        Messages.query("begin"),
                        Messages.parse("", "select set_config('app.tenant', $1, true)"),
                        Messages.bind("", "", tenant),
                        Messages.execute("", 0),
                        Messages.sync(),
                        Messages.query(rows),
                        Messages.query("commit"));
            default -> client.send(Messages.query(rows));
        }
        int readies = number % 5 == 4 ? 4 : 1;
        int found = 0;
        for (int i = 0; i < readies; i++) {
            for (BackendMessage message : client.readUntilReady()) {
                if (message.is('D') && !message.column().equals(tenant)) {
                    wrong.add(tenant + " sees " + message.column());
                } else if (message.is('D') && (readies == 1 || i == 2)) {
                    found++;
                } else if (message.is('E')) {
                    wrong.add(tenant + ": " + message);
                }
            }
        }
        if (found != 3) {
            wrong.add(tenant + " sees " + found + " rows");
        }
        seen.incrementAndGet();
    }
}

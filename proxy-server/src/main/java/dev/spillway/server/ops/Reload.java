package dev.spillway.server.ops;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.Problem;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.lane.Credentials;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.transport.TlsContexts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the configuration anew from where it came from and has the lanes apply what is different. One with problems is
 * refused as a whole, and the old one stays in force. A single setting is changed in the same way.
 *
 * <p>Asked for on any thread; the work is done on one executor, so that reloads do not overtake each other.
 */
public final class Reload {
    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final ConfigSource source;
    private final Lanes lanes;
    private final Executor slowWork;
    private final Executor tlsWork;
    private final OwnPlaces places;
    private volatile ProxyConfig current;
    private volatile TlsContexts tls;

    /** {@code slowWork}: one thread, which may block. */
    public Reload(
            ConfigSource source,
            ProxyConfig current,
            TlsContexts tls,
            Lanes lanes,
            Executor slowWork,
            Executor tlsWork,
            OwnPlaces places) {
        this.source = source;
        this.current = current;
        this.tls = tls;
        this.lanes = lanes;
        this.slowWork = slowWork;
        this.tlsWork = tlsWork;
        this.places = places;
    }

    /** The configuration in force. */
    public ProxyConfig current() {
        return current;
    }

    /** The keys and certificates in force. */
    public TlsContexts tls() {
        return tls;
    }

    /** Reloads; {@code done} hears what is wrong, or of an empty list when all lanes have applied it, on any thread. */
    public void run(Consumer<List<String>> done) {
        run(source, "reloaded", true, done);
    }

    /** Changes one setting until the next reload; {@code done} hears as above. */
    public void set(String name, String value, Consumer<List<String>> done) {
        run(() -> source.set(current, name, value), "set " + name, false, done);
    }

    private void run(ConfigSource next, String what, boolean readsKeys, Consumer<List<String>> done) {
        try {
            slowWork.execute(() -> load(next, what, readsKeys, done));
        } catch (RejectedExecutionException e) {
            refuse(what, List.of("the pooler has shut down"), done);
        }
    }

    /** Whatever fails here must be told, or whoever asked would wait for ever. */
    private void load(ConfigSource next, String what, boolean readsKeys, Consumer<List<String>> done) {
        try {
            apply(next.load(), what, readsKeys, done);
        } catch (ConfigException e) {
            refuse(what, e.problems().stream().map(Problem::toString).toList(), done);
        } catch (IOException e) {
            refuse(what, String.valueOf(e.getMessage()).lines().toList(), done);
        } catch (RuntimeException e) {
            LOG.error("reloading failed", e);
            refuse(what, List.of("reloading failed: " + e), done);
        }
    }

    private static void refuse(String what, List<String> problems, Consumer<List<String>> done) {
        problems.forEach(problem -> LOG.error("not {}: {}", what, problem));
        done.accept(problems);
    }

    /** {@code readsKeys}: keys and certificates may be others though no setting is. */
    private void apply(ProxyConfig loaded, String what, boolean readsKeys, Consumer<List<String>> done)
            throws IOException {
        List<String> fixed = new ArrayList<>();
        ProxyConfig next = loaded.keepingFixed(current, setting -> fixed.add(setting.name()));
        places.requireOthers(next);
        Credentials credentials = new Credentials(next, AuthFiles.read(next), lanes.learned());
        TlsContexts former = tls;
        boolean isTlsAsBefore = !readsKeys && next.hasTlsOf(current);
        TlsContexts nextTls = isTlsAsBefore ? former : TlsFiles.read(next, tlsWork);
        fixed.forEach(name -> LOG.warn("{} has changed: this needs a restart", name));
        current = next;
        tls = nextTls;
        var _ = lanes.apply(next, credentials, nextTls).whenComplete((nothing, failure) -> {
            if (!isTlsAsBefore) {
                former.release();
            }
            if (failure == null) {
                LOG.info("{}", what);
                done.accept(List.of());
            } else {
                LOG.error("reloading failed", failure);
                done.accept(List.of("reloading failed: " + failure));
            }
        });
    }
}

package dev.spillway.core.session.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer (a): which texts are suspects, of what, and which are known to be none. */
class TextScanTest {
    private final TextScan scan = new TextScan(new Vocabulary(Set.of("set_tenant", "Mixed")));

    private void read(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(sql + "\0", StandardCharsets.UTF_8);
        scan.begin(true);
        scan.read(text, 0, text.writerIndex());
        text.release();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select abalance from pgbench_accounts where aid = 1",
                "update t set a = 1 where b = 2",
                "insert into t (temp, hold, listener) values (1, 2, 3) on conflict do nothing",
                "insert into t values (1) on conflict (id)\n do update set a = 1",
                "merge into t using u on t.id = u.id when matched then do nothing",
                "set local app.tenant = '1'",
                "begin; set local role x; select 1; commit",
                "select set_config('app.tenant', '42', true)",
                "select set_config('app.tenant', $1, true)",
                "select SET_CONFIG ( $1 , $2::text , TRUE )",
                "select pg_catalog.set_config('a.b', 'ä' , true)",
                "select pg_advisory_xact_lock(1)",
                "select pg_advisory_unlock(1)",
                "select name, setting from pg_settings",
                "select u.id from users u",
                "select x from call where hold and call = 1",
                "unlisten *",
                "declare c cursor for select 1",
                "set transaction isolation level serializable",
                "set constraints all deferred",
                "select prepared, listen_to, temporary_thing, offset_config from t",
                "create index on t (a)",
            })
    void harmless(String sql) {
        read(sql);
        assertThat(scan.kinds()).isZero();
        assertThat(scan.names()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select set_config('app.tenant', '42', false)            | SETTINGS",
                "select set_config('app.tenant', '42', $1)               | SETTINGS",
                "select set_config('app.tenant', f(true), true)          | SETTINGS",
                "select set_config('a', 'b\\', true), ', true)           | SETTINGS",
                "select set_config('a', 'b'', true)'' ', false)          | SETTINGS",
                "select set_config('a', /* , 'b' */ 'c', true)           | SETTINGS",
                "select set_config('a', 'b', true and false)             | SETTINGS",
                "select \"set_config\"('a', 'b', true)                   | SETTINGS",
                "update pg_settings set setting = '1' where name = 'x'   | SETTINGS",
                "select pg_advisory_lock(1)                              | LOCKS",
                "SELECT PG_TRY_ADVISORY_LOCK_SHARED(1)                   | LOCKS",
                "create temp table t (a int)                             | TEMPORARY_OBJECTS",
                "create/**/temp table t (a int)                          | TEMPORARY_OBJECTS",
                "create table pg_temp.t as select 1                      | TEMPORARY_OBJECTS",
                "select 1 into pg_temp_3.t                               | TEMPORARY_OBJECTS",
                "select 1 into/**/temp t                                 | TEMPORARY_OBJECTS",
                "declare c cursor with hold for select 1                 | CURSORS",
                "prepare p as select 1                                   | STATEMENTS",
                "listen c                                                | CHANNELS",
            })
    void suspects(String sql, StateKind kind) {
        read(sql);
        assertThat(scan.kinds()).isEqualTo(kind.bit);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "do $$ begin end $$",
                "-- a comment\ndo $$ begin end $$",
                "/* a comment */ do $$ begin end $$",
                "call p()",
                "begin;call p()",
                "-- x\rcall p()",
                "select set_tenant(1)",
                "select app.SET_TENANT(1)",
                "select mixed()",
                "select U&\"\\0073et_config\"('a', 'b', false)",
            })
    void suspectOfEverything(String sql) {
        read(sql);
        assertThat(scan.kinds()).isEqualTo(StateKind.ALL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "set work_mem = '1MB'                             | work_mem",
                "SET Session WORK_MEM to '1MB'                    | work_mem",
                "set app.tenant='1'                               | app.tenant",
                "begin; set a.b.c = 1; set local x = 2; commit    | a.b.c",
                "set role x                                       | role",
                "set session role 'x'                             | role",
                "set time zone 'UTC'                              | timezone",
                "set names 'utf8'                                 | client_encoding",
                "set schema 'x'                                   | search_path",
                "set local.x = 1                                  | local.x",
                "set transaction.x to 1                           | transaction.x",
                "set session characteristics as transaction read only | default_transaction_isolation,"
                        + "default_transaction_read_only,default_transaction_deferrable",
            })
    void namesWhatSetMakes(String sql, String names) {
        read(sql);
        assertThat(scan.areSetsKnown()).isTrue();
        assertThat(String.join(",", scan.names())).isEqualTo(names);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set \"work_mem\" = 1",
                "set/**/work_mem = 1",
                "set session authorization x",
                "set local . x = 1",
                "set local/**/x = 1",
                "set transaction . x = 1",
                "set session.x = 1",
                "set session . x = 1",
                "set xml option document",
                "/* x */ set work_mem = 1",
                "-- x\nset work_mem = 1",
                "update t set a = 1",
                "set ä = 1",
                "set a . b = 1",
            })
    void doesNotKnowWhatSetMakes(String sql) {
        read(sql);
        assertThat(scan.areSetsKnown()).isFalse();
    }

    @Test
    void whatMakesNothingIsKnownToo() {
        read("set transaction_isolation = 'serializable'");
        assertThat(scan.areSetsKnown()).isTrue();
        assertThat(scan.names()).isEmpty();
    }

    @Test
    void wordsAreFoundWhereverTheTextIsCut() {
        String sql = "select pg_advisory_lock(1), 'x'";
        ByteBuf text = Unpooled.copiedBuffer(sql + "\0", StandardCharsets.UTF_8);
        for (int cut = 0; cut <= sql.length(); cut++) {
            scan.begin(false);
            scan.read(text, 0, cut);
            scan.read(text, cut, text.writerIndex());
            assertThat(scan.kinds()).as("cut at %d", cut).isEqualTo(StateKind.LOCKS.bit);
            assertThat(scan.areSetsKnown()).isFalse();
        }
        text.release();
    }

    @Test
    void wordsAreFoundAnywhereInALongText() {
        for (int before = 1000; before < 1050; before++) {
            read(" ".repeat(before) + "listen c");
            assertThat(scan.kinds()).isEqualTo(StateKind.CHANNELS.bit);
            read("x".repeat(before) + "listen c");
            assertThat(scan.kinds()).isZero();
        }
    }

    @Test
    void everyWordHasItsMeaning() {
        List<Vocabulary.Word> found = new ArrayList<>();
        Vocabulary vocabulary = new Vocabulary(Set.of("f"));
        for (String word :
                List.of("set", "SET_CONFIG", "create", "into", "declare", "hold", "prepare", "listen", "f")) {
            long hash = 0;
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                hash = Vocabulary.hash(hash, Vocabulary.code(b));
            }
            found.add(vocabulary.find(hash));
        }
        assertThat(found)
                .containsExactly(
                        Vocabulary.Word.SET,
                        Vocabulary.Word.SET_CONFIG,
                        Vocabulary.Word.CREATE,
                        Vocabulary.Word.INTO,
                        Vocabulary.Word.DECLARE,
                        Vocabulary.Word.HOLD,
                        Vocabulary.Word.PREPARE,
                        Vocabulary.Word.LISTEN,
                        Vocabulary.Word.SUSPECT);
    }
}

package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.server.configfile.ConnectionString.MalformedConnectionStringException;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionStringTest {
    @Test
    void pairsAreReadAsPgbouncerReadsThem() throws Exception {
        assertThat(ConnectionString.parse(
                        " host=a,b  port = 1 password='it''s ''hush''' connect_query='select 1; select 2'"
                                + " user=x=y host=c"))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "host", "c",
                        "port", "1",
                        "password", "it's 'hush'",
                        "connect_query", "select 1; select 2",
                        "user", "x=y"));
        assertThat(ConnectionString.parse("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hush",
                "password hush",
                "=hush",
                "password=",
                "password=''",
                "password='hush",
                "a=1 hush",
                "x='a'' "
            })
    void whatCannotBeReadIsRefusedWithoutRepeatingIt(String text) {
        assertThatThrownBy(() -> ConnectionString.parse(text))
                .isInstanceOf(MalformedConnectionStringException.class)
                .hasMessageNotContaining("hush");
    }

    @Property
    void everyValueInQuotesIsReadAsItIs(
            @ForAll @Size(max = 5) Map<@NotEmpty @AlphaChars String, @NotEmpty String> pairs)
            throws MalformedConnectionStringException {
        String text = pairs.entrySet().stream()
                .map(pair -> pair.getKey() + "='" + pair.getValue().replace("'", "''") + "'")
                .collect(Collectors.joining(" "));
        assertThat(ConnectionString.parse(text)).isEqualTo(pairs);
    }
}

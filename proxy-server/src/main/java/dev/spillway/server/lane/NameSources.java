package dev.spillway.server.lane;

import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the addresses of names come from: a hosts file, then name servers. Immutable.
 *
 * @param nameServers whom to ask
 * @param hostsFile need not exist
 */
public record NameSources(DnsServerAddressStreamProvider nameServers, Path hostsFile) {
    /** Those of this machine: its hosts file and what its resolv.conf names. Reads files. */
    public static NameSources ofSystem() {
        return new NameSources(DnsServerAddressStreamProviders.platformDefault(), Path.of("/etc/hosts"));
    }

    /** What the hosts file has for {@code name}, IPv4 first. Reads it anew each time, so it blocks for a moment. */
    List<InetAddress> listed(String name) {
        HostsFileEntriesProvider entries;
        try {
            entries = HostsFileEntriesProvider.parser().parse(hostsFile.toFile());
        } catch (IOException e) {
            return List.of(); // the name servers may know
        }
        String key = name.toLowerCase(Locale.ENGLISH);
        List<InetAddress> listed = new ArrayList<>(entries.ipv4Entries().getOrDefault(key, List.of()));
        listed.addAll(entries.ipv6Entries().getOrDefault(key, List.of()));
        return listed;
    }
}

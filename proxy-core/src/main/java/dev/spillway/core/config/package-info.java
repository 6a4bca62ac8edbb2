/**
 * What a person may configure: one registry of settings, the immutable records built from it, and all problems of a
 * configuration reported together.
 *
 * <p>May depend on the JDK alone, and does no I/O: files, environment and command line arrive as {@link
 * dev.spillway.core.config.Layer layers}. Everything but {@link dev.spillway.core.config.Problems} and the layers under
 * construction is immutable and usable from any thread. Read {@link dev.spillway.core.config.Settings} and {@link
 * dev.spillway.core.config.SettingsReader} first.
 */
@NullMarked
package dev.spillway.core.config;

import org.jspecify.annotations.NullMarked;

package dev.lockstep.connect;

/** The version that a worker shows for both connectors. */
final class PluginVersion {

    private PluginVersion() {}

    static String read() {
        String version = PluginVersion.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}

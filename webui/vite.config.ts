import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running controller. */
const controller = process.env.CALLCENTER_WEB ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../callcenter/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the pages' policy allows nothing but our own files, so no data: addresses
    modulePreload: { polyfill: false },
    rollupOptions: { output: { manualChunks: undefined } },
  },
  server: { proxy: { "/api": { target: controller, ws: true, changeOrigin: true } } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});

# Signoff as an image. It has not been built where it was written (there is no Docker there); `npm run build` and a
# start of what it makes are tested.

FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json rolldown.config.ts ./
COPY tools tools
COPY src src
RUN npm run build && npm prune --omit=dev

# The demo apps, which Node runs as they are written: docker build --target demo-app .
FROM node:26-slim AS demo-app
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY src src
COPY demo demo
CMD ["node", "demo/app.ts"]

FROM node:26-slim
# Production says at start what it still needs: SIGNOFF_ISSUER, and SIGNOFF_PROXY (the networks in front, or off).
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY views views
# The database of a single machine, its key file and the mail outbox: keep them in a volume. The compiled code that makes
# the next start quick (`src/ops/compile-cache.ts`) is written by the process itself.
RUN mkdir -p data clients node_modules/.cache/signoff && chown node:node data node_modules/.cache/signoff
VOLUME /app/data
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The whole command line: `docker run … accounts list`; without a command the server. V8 would take up to 48 MB for what
# lives for one request, and keep them.
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/cli/cli.js"]
CMD ["start"]

# An image of `reg`: Node, git, and the program in one file, which `npm run build` makes.
#
#   npm install && docker build -t reg . && docker run --rm -u "$(id -u)" -v "$PWD:/registry" reg show
FROM node:22-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 dist/reg.cjs /usr/local/bin/reg
WORKDIR /registry
ENTRYPOINT ["reg"]

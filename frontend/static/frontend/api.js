// The API's description, to read and to try.
const place = document.getElementById("api");

window.SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  docExpansion: "none",
  validatorUrl: null,
  requestInterceptor: (request) => {
    // What changes something needs the token of the page, as forms do.
    if (request.method !== "GET") {
      request.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
    }
    return request;
  },
});

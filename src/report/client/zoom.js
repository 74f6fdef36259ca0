// Zooms and moves a picture in its stage: by wheel, buttons, keys and drag.

const ZOOM_STEP = 1.5;

// The largest zoom: so many window pixels for one pixel of the photo, but at least so many times the whole picture.
const [MOST_PIXELS, LEAST_MOST] = [10, 8];

// Share of the stage that a box fills after zooming to it.
const FILL = 0.55;

// Share of the stage by which a key moves the picture.
const KEY_MOVE = 0.12;

// Calls onLook with the place of the picture in its stage after every move: left, top, width and height in pixels.
export function createZoom({ stage, picture, value, onLook }) {
  let [zoom, left, top] = [1, 0, 0];
  let photoWidth = 1;
  let dragged;

  const most = () => Math.max(LEAST_MOST, MOST_PIXELS * photoWidth / Math.max(1, picture.offsetWidth));

  // Moves the picture. No side of the stage stays empty where the picture could fill it.
  function look(nextZoom, nextLeft, nextTop) {
    zoom = Math.min(most(), Math.max(1, nextZoom));
    left = inside(nextLeft, picture.offsetLeft, picture.offsetWidth * zoom, stage.clientWidth);
    top = inside(nextTop, picture.offsetTop, picture.offsetHeight * zoom, stage.clientHeight);
    if (zoom === 1) [left, top] = [0, 0];
    picture.style.transform = zoom === 1 ? "" : `translate(${left}px, ${top}px) scale(${zoom})`;
    stage.classList.toggle("zoomed", zoom > 1);
    onLook({
      left: picture.offsetLeft + left,
      top: picture.offsetTop + top,
      width: picture.offsetWidth * zoom,
      height: picture.offsetHeight * zoom,
    });
    value.textContent = zoom === 1 ? "" : `${zoom < 10 ? zoom.toFixed(1) : Math.round(zoom)}×`;
  }

  // Returns the nearest place that the picture's corner may have, relative to its place at rest.
  function inside(place, rest, length, room) {
    if (length <= room) return (room - length) / 2 - rest;
    return Math.min(-rest, Math.max(room - length - rest, place));
  }

  // Zooms so that what is at (x, y) in the stage stays there.
  function zoomTo(next, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const ratio = Math.min(most(), Math.max(1, next)) / zoom;
    const keep = (at, rest, place) => at - rest - (at - rest - place) * ratio;
    look(zoom * ratio, keep(x, picture.offsetLeft, left), keep(y, picture.offsetTop, top));
  }

  function placeOf({ clientX, clientY }) {
    const box = stage.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  stage.addEventListener("wheel", (event) => {
    // At full view the page scrolls instead.
    if (event.deltaY > 0 && zoom === 1) return;
    event.preventDefault();
    zoomTo(zoom * ZOOM_STEP ** (-event.deltaY / 100), ...placeOf(event));
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (zoom === 1 || event.button !== 0 || event.target.closest("button")) return;
    dragged = { from: [event.clientX, event.clientY], left, top };
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    look(zoom, dragged.left + event.clientX - dragged.from[0], dragged.top + event.clientY - dragged.from[1]);
  });
  for (const type of ["pointerup", "pointercancel"]) stage.addEventListener(type, () => dragged = undefined);
  stage.addEventListener("dblclick", (event) => zoomTo(zoom * ZOOM_STEP ** 2, ...placeOf(event)));

  return {
    larger: () => zoomTo(zoom * ZOOM_STEP),
    smaller: () => zoomTo(zoom / ZOOM_STEP),
    whole: () => look(1, 0, 0),
    // Sets the width of the photo, in pixels.
    of: (width) => photoWidth = width,
    // Moves the view to the right and down, in steps of a share of the stage.
    move: (right, down) => {
      look(zoom, left - right * KEY_MOVE * stage.clientWidth, top - down * KEY_MOVE * stage.clientHeight);
    },
    // Zooms to a box, given in shares of the picture, and centres it in the stage.
    to({ left: x, top: y, width, height }) {
      const [wide, high] = [picture.offsetWidth, picture.offsetHeight];
      const next = Math.min(
        most(),
        Math.max(1, FILL * Math.min(stage.clientWidth / (width * wide), stage.clientHeight / (height * high))),
      );
      look(
        next,
        stage.clientWidth / 2 - picture.offsetLeft - (x + width / 2) * wide * next,
        stage.clientHeight / 2 - picture.offsetTop - (y + height / 2) * high * next,
      );
    },
  };
}

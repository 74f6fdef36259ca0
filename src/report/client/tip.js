// Shows a small picture with a name beside the pointer.

import { groupTitle } from "./group_markup.js";
import { fileName } from "./text.js";

export function createTip({ images, cards, edits }) {
  const element = document.getElementById("tip");
  const picture = element.appendChild(document.createElement("img"));
  const name = element.appendChild(document.createElement("b"));
  const facts = element.appendChild(document.createElement("span"));
  picture.alt = "";

  return {
    hide: () => element.hidden = true,
    // Shows an image beside a place in the window, without leaving the window.
    show(image, x, y) {
      const group = edits.present().groups.find(({ members }) => members.includes(image));
      picture.src = cards[image].querySelector("img").src;
      name.textContent = fileName(images[image].path);
      facts.textContent = [groupTitle(group), images[image].label].filter(Boolean).join(" · ");
      element.hidden = false;
      const { width, height } = element.getBoundingClientRect();
      const left = x + 16 + width > innerWidth ? x - 16 - width : x + 16;
      element.style.left = `${Math.max(4, left)}px`;
      element.style.top = `${Math.max(4, Math.min(innerHeight - height - 4, y - height / 2))}px`;
    },
  };
}

// Texts whose colour has less than 4.5:1 to what is behind them: [ratio, text]. In a drawing, to everything that it may stand on.
() => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [red, green, blue] = channels(color).slice(0, 3).map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((channels(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  let read = 0;
  const judge = (color, backgrounds, text) => {
    read += 1;
    const worst = Math.min(...backgrounds.map((each) => ratio(color, each)));
    if (worst < 4.5) found.push([worst, text]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || node.closest("script, title, [hidden]")) continue;
    const svg = node.closest("svg");
    const zones = svg ? [...svg.querySelectorAll(".zone")].map((zone) => getComputedStyle(zone).fill) : [];
    const style = getComputedStyle(node);
    judge(svg ? style.fill : style.color, [behind(svg ? svg.parentElement : node), ...zones], text);
  }
  for (const input of document.querySelectorAll("input[placeholder]")) {
    judge(getComputedStyle(input, "::placeholder").color, [behind(input)], input.placeholder);
  }
  return { found, read };
};

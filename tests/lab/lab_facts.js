// What a reader of the open notebook sees, cell by cell. lab_findings.py judges it.
() => {
  const PICTURES = ".jp-OutputArea-output :is(img, svg, canvas, [style*='background-image'])";
  const shown = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  };
  const anyShown = (cell, selector) => [...cell.querySelectorAll(selector)].some(shown);

  // Rendered Markdown as text, without what may hold any characters: code and mathematics.
  const prose = (rendered) => {
    const copy = rendered.cloneNode(true);
    copy.querySelectorAll("pre, mjx-container, svg, style, script").forEach((n) => n.remove());
    copy.querySelectorAll("code").forEach((n) => n.replaceWith("`code`"));
    return copy.textContent;
  };

  const factsOf = (widget) => {
    const node = widget.node;
    const model = widget.model;
    const markdown = [...node.querySelectorAll(".jp-RenderedMarkdown")];
    const within = (selector) => markdown.flatMap((part) => [...part.querySelectorAll(selector)]);
    const isCode = model.type === "code";
    const outputs = isCode ? model.outputs.toJSON() : [];
    return {
      id: model.id,
      kind: model.type,
      source: model.sharedModel.getSource(),
      tags: model.getMetadata("tags") ?? [],
      prose: markdown.map(prose).join("\n"),
      rendered: isCode || markdown.some(shown),
      fences: within("pre code").map((code) => code.className),
      quotes: within("blockquote").length,
      mathErrors: within("mjx-merror, [data-mjx-error], mjx-mtext[style*='color: red']").length,
      brokenPictures: [...node.querySelectorAll("img")]
        .filter((image) => !(image.complete && image.naturalWidth > 0))
        .map((image) => image.getAttribute("src").slice(0, 300)),
      inputShown: anyShown(node, ".jp-InputArea-editor"),
      outputHidden: isCode && widget.outputHidden,
      pictures: [...node.querySelectorAll(PICTURES)].filter(
        (picture) => picture.getBoundingClientRect().height > 20
      ).length,
      executed: !isCode || model.executionCount !== null,
      errors: outputs.filter((o) => o.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`),
    };
  };
  return window.jupyterapp.shell.currentWidget.content.widgets.map(factsOf);
}
